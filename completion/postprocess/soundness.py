"""Check that a finished completion makes sense in its document, as far as the document's syntax tells.

All checks read the whole document with the completion in it, in the bounded time of the syntax process: not
for the event loop. A completion that cannot be checked counts as sound.
"""

from collections.abc import Sequence
from dataclasses import replace

from holesmith.analysis.outline.symbols import Symbol
from holesmith.analysis.outline.syntax_process import SYNTAX
from holesmith.completion.answer import Completion
from holesmith.completion.snapshot import Snapshot

# Lines of a completion that counts as a copy: a single line may well be written twice.
LINES_MIN = 2
DEFINED_BELOW = "the same definition stands below already"
_OPENERS = (":", "{", "(", "[")


def repeats_definition(completion: Completion, snapshot: Snapshot) -> bool:
    """True if a completion of several lines is a copy of lines below, with a definition that stands there
    too.

    The definition must be in the same class.
    """
    lines = _telling_lines(completion.text)
    if len(lines) < LINES_MIN or not _stand_in(lines, _telling_lines(snapshot.text[completion.stop :])):
        return False
    first = snapshot.text.count("\n", 0, completion.start)
    stop = first + completion.text.count("\n") + 1
    symbols = SYNTAX.symbols_of(snapshot.language, with_completion(completion, snapshot)).symbols
    inside = {_identity(each) for each in symbols if first <= each.start_line < stop}
    return any(each.start_line >= stop and _identity(each) in inside for each in symbols)


def is_sound(other: Completion, first: Completion, snapshot: Snapshot) -> bool:
    """True if ``other`` may be shown beside ``first``."""
    return not (repeats_definition(other, snapshot) or breaks_more(other, first, snapshot))


def breaks_more(other: Completion, first: Completion, snapshot: Snapshot) -> bool:
    """True if the document parses worse with ``other`` than with ``first``.

    A completion that ends with an opening mark is only a beginning, and is not judged.
    """
    if other.text.rstrip().endswith(_OPENERS):
        return False
    errors, fewer = (
        SYNTAX.errors_of(snapshot.language, with_completion(each, snapshot)).count for each in (other, first)
    )
    return errors is not None and fewer is not None and errors > fewer


def sound_part(
    completion: Completion, snapshot: Snapshot, *, is_cut: bool = False
) -> tuple[Completion | None, str]:
    """Return the longest beginning of a completion with which the document parses, and what is wrong with the
    whole.

    The first is the completion itself, and the second "", if nothing is wrong or if nobody can tell. None if
    no whole line is left. ``is_cut`` is True if the text was cut short.
    """
    start, stop = completion.start, completion.stop
    text, finish = snapshot.text, "length" if is_cut else ""
    found = SYNTAX.soundness_of(
        snapshot.language, text[:start], completion.text, text[stop:], text[start:stop], finish
    )
    if not found.objection:
        return completion, ""
    shorter = completion.text[: found.length]
    return (replace(completion, text=shorter) if shorter.strip() else None), found.objection


def with_completion(completion: Completion, snapshot: Snapshot) -> str:
    """Return the document's text with the completion in it."""
    return snapshot.text[: completion.start] + completion.text + snapshot.text[completion.stop :]


def _telling_lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _stand_in(lines: Sequence[str], below: Sequence[str]) -> bool:
    size = len(lines)
    return any(lines == below[start : start + size] for start in range(len(below) - size + 1))


def _identity(symbol: Symbol) -> tuple[str, str, int | None, str]:
    return symbol.name, symbol.kind, symbol.parent, symbol.signature
