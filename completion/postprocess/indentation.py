"""Indent a middle in the style of the editor or the document, even if the model writes another style.

Only white space at the beginnings of lines is changed, and nothing at all if the style cannot be told.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from holesmith.analysis.syntax.languages.language_rules import OPENERS

TAB = "\t"
# Characters on either side of the cursor from which a document's style is read.
CHARACTERS_READ = 20_000
# The spaces that models write for one level in place of a tab.
SPACES_OF_TAB = (4, 2)
# A larger step between two lines is no level of indentation.
LEVEL_MAX = 8
# Lines that must agree on a step before it counts as the document's level.
STEPS_MIN = 2
BLOCK_OPENERS = (":", *OPENERS)
"""The ends of a line behind which the next line is indented further."""


def indentation_of(prefix: str, suffix: str = "") -> str | None:
    """Return one level, a tab or spaces, in the text around the cursor; None if too
    few lines are indented.
    """
    near = prefix[-CHARACTERS_READ:] + suffix[:CHARACTERS_READ]
    lines = [line for line in near.split("\n") if line.strip()]
    tabs = sum(line.startswith(TAB) for line in lines)
    if tabs > sum(line.startswith("  ") for line in lines):
        return TAB
    steps = Counter(
        step
        for before, after in pairwise(lines)
        if before.rstrip().endswith(BLOCK_OPENERS)
        and 2 <= (step := width(after) - width(before)) <= LEVEL_MAX
    )
    ((step, count),) = steps.most_common(1) or [(0, 0)]
    return " " * step if count >= STEPS_MIN else None


def level_at(editor_level: str | None, prefix: str, suffix: str = "") -> str | None:
    """Return one level of indentation at the cursor: the document's own if that is clear, else the editor's.

    None leaves the lines unchanged: nobody knows the level, or the editor's would mix tabs and spaces.
    """
    own = indentation_of(prefix, suffix)
    if own is not None or editor_level is None:
        return own
    other = "  " if editor_level == TAB else TAB
    near = prefix[-CHARACTERS_READ:] + suffix[:CHARACTERS_READ]
    is_mixed = any(line.startswith(other) and line.strip() for line in near.split("\n"))
    return None if is_mixed else editor_level


def reindented(middle: str, line: str, level: str) -> str:
    """Return ``middle`` with its lines after the first indented in levels of ``level``.

    ``line`` is the text before the cursor on its line, which the first line continues.
    """
    first, *lines = middle.split("\n")
    if not any(each.strip() for each in lines):
        return middle
    indents = [leading(each) for each in lines]
    if level == TAB:
        new = with_tabs(indents)
    elif any(TAB in indent for indent in indents):
        new = [indent.replace(TAB, level) for indent in indents]
    else:
        new = with_spaces(indents, lines, line + first, len(level))
    changed = (indent + each.lstrip(" \t") for indent, each in zip(new, lines, strict=True))
    return "\n".join([first, *changed])


def with_tabs(indents: Sequence[str]) -> list[str]:
    """Replace every level of spaces by a tab; spaces that are less than a level stay, for alignment."""
    widths = [len(indent.replace(TAB, "")) for indent in indents]
    size = next(
        (size for size in SPACES_OF_TAB if all(width % size == 0 for width in widths)), SPACES_OF_TAB[0]
    )
    return [
        TAB * (indent.count(TAB) + width // size) + " " * (width % size)
        for indent, width in zip(indents, widths, strict=True)
    ]


def with_spaces(indents: Sequence[str], lines: Sequence[str], opener: str, size: int) -> list[str]:
    """Replace levels that the middle opens itself, of another size, by levels of ``size`` spaces.

    The indentation is unchanged unless the line of the cursor opens a block and every line is whole levels
    deeper than it.
    """
    floor = width(opener)
    depths = [len(indent) - floor for indent, line in zip(indents, lines, strict=True) if line.strip()]
    step = min((depth for depth in depths if depth > 0), default=0)
    is_regular = step and all(depth >= 0 and depth % step == 0 for depth in depths)
    if not is_regular or step == size or step > LEVEL_MAX or not opener.rstrip().endswith(BLOCK_OPENERS):
        return list(indents)
    return [" " * (floor + max(len(indent) - floor, 0) // step * size) for indent in indents]


def leading(line: str) -> str:
    """Return the spaces and tabs at the beginning of a line."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def width(line: str) -> int:
    """Return the number of spaces and tabs at the beginning of a line."""
    return len(leading(line))
