"""Shape the model's text for the editor: cut it, and leave out repeated and blank text.

Everything here is text in, text out. Each rule cuts the end of the middle, and only white space at the
beginnings of lines is ever rewritten. So apart from that, the result is always a beginning of the model's
text.
"""

from dataclasses import dataclass

from holesmith.analysis.syntax.languages.language_rules import CLOSER_OF, CLOSERS, OPENERS
from holesmith.completion.postprocess.hidden_characters import hidden_start
from holesmith.completion.postprocess.indentation import reindented

FENCE = "```"
# Characters that may stand right of the cursor because an editor closed something, or that end a statement.
TRAILING = frozenset(CLOSERS + ">\"'`;:,")


@dataclass(frozen=True, slots=True)
class Shaped:
    """The text to insert at the cursor; empty if ``reason`` says why nothing is worth inserting.

    ``kept`` characters of the middle became the text.
    """

    text: str
    reason: str
    kept: int = 0


def shape(middle: str, prefix: str, suffix: str, level: str | None = None) -> Shaped:
    """Cut the text that the suffix has already, and drop text that would be no help.

    ``middle`` begins at the cursor and ends where the statement or block ends (extent.py). ``level`` is a
    level of indentation, for lines after the first; None leaves them unchanged.
    """
    if not middle.strip():
        return Shaped("", "the model wrote nothing but white space")
    if middle.startswith(FENCE) and prefix[-1:] in ("", "\n") and FENCE not in prefix:
        return Shaped("", "the model wrote Markdown")
    seen = middle[: hidden_start(middle, prefix, suffix)]
    if not seen.strip():
        return Shaped("", "it would begin with a character that nobody sees")
    text = cut_repeated_lines(cut_at_gap(seen), prefix, suffix)
    if not text.strip():
        return Shaped("", "the lines below already say this")
    text = cut_overlap(text, rest_of_line(suffix)).rstrip()
    if not text.strip():
        return Shaped("", "the text right of the cursor already says this")
    line = prefix[prefix.rfind("\n") + 1 :]
    shown = without_second_space(text, line)
    return Shaped(reindented(shown, line, level) if level else shown, "shown", len(text))


def rest_of_line(suffix: str) -> str:
    """Return the text right of the cursor on its line, without the line break."""
    return suffix.split("\n", 1)[0].removesuffix("\r")


def cut_repeated_lines(middle: str, prefix: str, suffix: str) -> str:
    """Cut ``middle`` before the first line from which on it only repeats the lines below the cursor's line.

    Lines are compared with their indentation. A repeated run of closing brackets is cut only if the brackets
    close nothing that ``middle`` itself opened.
    """
    below = [line.rstrip() for line in suffix.split("\n")[1:] if line.strip()]
    lines = middle.split("\n")
    start_of_line = prefix[prefix.rfind("\n") + 1 :]
    for first in range(len(lines)):
        tail = [line.rstrip() for line in lines[first:] if line.strip()]
        if first == 0:
            tail[:1] = [start_of_line + lines[0].rstrip()] if lines[0].strip() else tail[:1]
        if tail and below[: len(tail)] == tail:
            kept = "\n".join(lines[:first])
            if tail[0].strip(CLOSERS + " \t;,") or not unclosed(kept):
                return kept
    return middle


def cut_overlap(text: str, rest: str) -> str:
    """Cut the longest end of ``text`` that is a beginning of ``rest``, the text right of the cursor.

    A part of ``rest`` counts only if it is all of it or nothing but closing marks, so that a chance letter is
    not cut off. Brackets that close what ``text`` opened stay.
    """
    last_line = text.rstrip()
    rest = rest.rstrip()
    for length in range(min(len(last_line), len(rest)), 0, -1):
        if not last_line.endswith(rest[:length]):
            continue
        whole = length == len(rest)
        kept = last_line[:-length]
        if (whole or TRAILING.issuperset(rest[:length])) and not unclosed(kept):
            return kept
    return text


def unclosed(text: str) -> str:
    """Return the brackets that ``text`` opens and does not close, in order; quotes are not looked into."""
    open_brackets: list[str] = []
    for character in text:
        if character in OPENERS:
            open_brackets.append(character)
        elif open_brackets and character == CLOSER_OF[open_brackets[-1]]:
            open_brackets.pop()
    return "".join(open_brackets)


def cut_at_gap(middle: str) -> str:
    """Cut at two blank lines in a row, and at a fence of Markdown.

    Nobody leaves two blank lines inside a block, and models for chat end their text with a fence.
    """
    lines = middle.split("\n")
    for row in range(1, len(lines)):
        is_gap = row + 1 < len(lines) and not lines[row].strip() and not lines[row + 1].strip()
        if lines[row].startswith(FENCE) or is_gap:
            return "\n".join(lines[:row])
    return middle


def without_second_space(text: str, line: str) -> str:
    """Strip the leading spaces of ``text`` if the text before the cursor ends with one already."""
    return text.lstrip(" ") if line.strip() and line.endswith((" ", "\t")) else text
