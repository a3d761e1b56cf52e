"""Where a model has begun to repeat itself: a small model's usual way of never coming to an end."""

from itertools import takewhile

# A piece of at least so many characters, so many times: fewer times where it is longer.
RUNS = ((3, 6), (10, 4))
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
    for size_min, times_min in RUNS:
        run = longest_run(line, size_min, times_min)
        if run is not None and not line[run[0] : run[1]].isspace():
            return line_start + run[1]
    return None


def longest_run(line: str, size_min: int, times_min: int) -> tuple[int, int] | None:
    """The first piece, as its span, of the longest run of equal pieces that ``line`` ends in; None if there
    is none. Of pieces that make the same run, the shortest.
    """
    runs: list[tuple[int, int]] = []
    for size in range(size_min, len(line) // times_min + 1):
        piece = line[-size:]
        if line.endswith(piece * times_min):
            start = len(line) - size * times_min
            while line.endswith(piece, 0, start) and start >= size:
                start -= size
            runs.append((start, start + size))
    return min(runs, default=None)


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
