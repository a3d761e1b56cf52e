"""Where a model has begun to repeat itself: a small model's usual way of never coming to an end."""

import re
from itertools import takewhile

# A run of at least this many repeats of a piece, and of fewer where the piece is longer.
RUNS = (re.compile(r"(.{3,}?)\1{5,}\Z"), re.compile(r"(.{10,}?)\1{3,}\Z"))
RUN_CHARACTERS_MAX = 400
LINE_REPEATS_MAX = 2
LINES_IN_PIECE_MAX = 4


def repetition_start(text: str) -> int | None:
    """The offset from which on ``text`` only says again what it has said before; None if it does not.

    What stands before the offset holds the repeated piece once.
    """
    starts = [start for start in (run_start(text), lines_start(text)) if start is not None]
    return min(starts, default=None)


def run_start(text: str) -> int | None:
    """Repetition within the last line."""
    line_start = max(text.rfind("\n") + 1, len(text) - RUN_CHARACTERS_MAX)
    line = text[line_start:]
    for run in RUNS:
        if (found := run.search(line)) and not found[1].isspace():
            return line_start + found.end(1)
    return None


def lines_start(text: str) -> int | None:
    """Repetition of a line, or of a few lines together, more than LINE_REPEATS_MAX times at the end."""
    lines = text.split("\n")
    whole = lines[:-1]  # the last one may still grow
    for size in range(1, LINES_IN_PIECE_MAX + 1):
        repeats = repeats_at_end(whole, size)
        if repeats > LINE_REPEATS_MAX and any(line.strip() for line in whole[-size:]):
            return len("\n".join(whole[: len(whole) - size * (repeats - 1)]))
    return None


def repeats_at_end(lines: list[str], size: int) -> int:
    """How many times the last ``size`` lines stand one after another at the end."""
    piece = lines[len(lines) - size :]
    starts = range(len(lines) - size, -1, -size)
    return sum(1 for _ in takewhile(lambda start: lines[start : start + size] == piece, starts))
