"""Find repetition: a small model's usual way of never coming to an end.

In a text of three equal lines `x = 1`, the repetition starts behind the first of them.
"""

from itertools import takewhile

# [characters of the piece at least, times at least]: a longer piece counts as repetition after fewer times.
RUNS = ((3, 6), (10, 4))
# Characters at the end of a line in which a repeated piece is looked for.
RUN_CHARACTERS_MAX = 400
# Times that a piece may stand at the end, and lines of such a piece.
LINE_REPEATS_MAX = 2
LINES_IN_PIECE_MAX = 4


def repetition_start(text: str) -> int | None:
    """Return the offset from which on ``text`` only repeats earlier text; None if there is no such offset.

    The text before the offset has the repeated piece once.
    """
    starts = [start for start in (run_start(text), lines_start(text)) if start is not None]
    return min(starts, default=None)


def run_start(text: str) -> int | None:
    """Return the start of a repetition within the last line; None if there is none."""
    line_start = max(text.rfind("\n") + 1, len(text) - RUN_CHARACTERS_MAX)
    line = text[line_start:]
    for size_min, times_min in RUNS:
        run = longest_run(line, size_min, times_min)
        if run is not None and not line[run[0] : run[1]].isspace():
            return line_start + run[1]
    return None


def longest_run(line: str, size_min: int, times_min: int) -> tuple[int, int] | None:
    """Return the span of the first piece in the longest run of equal pieces at the end of ``line``.

    None if there is no run. Of pieces that make the same run, the shortest is taken.
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
    """Return the start of a repetition of lines; None if there is none.

    A line, or a few lines together, must occur more than LINE_REPEATS_MAX times at the end.
    """
    lines = text.split("\n")
    whole = lines[:-1]  # the last line may still grow
    for size in range(1, LINES_IN_PIECE_MAX + 1):
        repeats = repeats_at_end(whole, size)
        if repeats > LINE_REPEATS_MAX and any(line.strip() for line in whole[-size:]):
            return len("\n".join(whole[: len(whole) - size * (repeats - 1)]))
    return None


def repeats_at_end(lines: list[str], size: int) -> int:
    """Return how many times the last ``size`` lines stand one after another at the end."""
    piece = lines[len(lines) - size :]
    starts = range(len(lines) - size, -1, -size)
    return sum(1 for _ in takewhile(lambda start: lines[start : start + size] == piece, starts))
