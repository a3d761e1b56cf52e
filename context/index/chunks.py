"""Cut a file into chunks for search: short definitions are whole, long ones are cut at blank lines.

The chunks of a file, joined, are its text. A chunk begins at a definition or after a blank line if possible,
and holds at most LINES_MAX lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from holesmith.analysis.outline.symbols import Symbol

LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines ``start_line`` to before ``stop_line``, from 0, with their line ends."""

    start_line: int
    stop_line: int
    text: str


def chunks_of(text: str, symbols: Iterable[Symbol]) -> tuple[Chunk, ...]:
    """Return the chunks of a file with these symbols, in order."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    starts = {symbol.start_line for symbol in symbols if symbol.kind != "field"}
    ends = [*_merged(_pieces(lines, starts))]
    chunks: list[Chunk] = []
    start = 0
    for stop in ends:
        joined = "\n".join(lines[start:stop])
        is_last = stop == len(lines)
        chunks.append(Chunk(start, stop, joined if is_last and not text.endswith("\n") else joined + "\n"))
        start = stop
    return tuple(chunks)


def _pieces(lines: list[str], starts: set[int]) -> Iterator[int]:
    """Yield the line at which each piece ends: before a definition, and inside long ones at a blank line."""
    bounds = sorted({bound for bound in starts if 0 < bound < len(lines)} | {len(lines)})
    start = 0
    for bound in bounds:
        while bound - start > LINES_MAX:
            blank = next(
                (
                    line
                    for line in range(start + LINES_MAX, start + LINES_MAX // 2, -1)
                    if not lines[line - 1].strip()
                ),
                start + LINES_MAX,
            )
            yield blank
            start = blank
        if bound > start:
            yield bound
            start = bound


def _merged(ends: Iterable[int]) -> Iterator[int]:
    """Join short neighbouring pieces as long as they fit into one chunk."""
    start = last = 0
    for end in ends:
        if end - start > LINES_MAX and last > start:
            yield last
            start = last
        last = end
    if last > start:
        yield last
