"""A text in pieces of bounded length: the cost of an edit does not grow with the text or its lines.

Offsets count code points from the start of the text. Lines end at CR LF, LF and CR. No piece ends inside
CR LF or, where columns count UTF-16, inside a surrogate pair.
"""

import re
from collections.abc import Iterator
from itertools import islice

from holesmith.lsp.documents.positions import Encoding, column_at_offset, offset_at_column
from holesmith.lsp.documents.prefix_sums import PrefixSums

# The most that a piece may grow to. Text is first cut into pieces half as long, to leave room for edits.
PIECE_CHARACTERS_MAX = 4096
PIECE_LINES_MAX = 128

_BREAK = re.compile(r"\r\n|\n|\r")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Pieces:
    """A text in pieces. ``size`` is its size in UTF-8, in bytes."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._encoding: Encoding = encoding
        self._pieces = list(_cut(self._joined(text)))
        self._sizes = list(map(_bytes, self._pieces))
        self.size = sum(self._sizes)
        self._characters = PrefixSums(list(map(len, self._pieces)))
        self._units = PrefixSums(list(map(self._units_in, self._pieces)))
        self._breaks = PrefixSums(list(map(_breaks_in, self._pieces)))

    def __len__(self) -> int:
        return self._characters.total

    def __str__(self) -> str:
        return "".join(self._pieces)

    def replace(self, start: int, stop: int, text: str) -> int:
        """Replace the text between two offsets. Returns the offset at which the new text ends."""
        first, begin = self._place(start)
        last, end = self._place(stop)
        head, tail = self._pieces[first][:begin], self._pieces[last][end:]
        changed = head + text + tail
        # No piece is empty beside others, and neighbours that belong together are joined.
        while last + 1 < len(self._pieces) and _belong_together(changed, self._pieces[last + 1]):
            last += 1
            changed += self._pieces[last]
        while first > 0 and _belong_together(self._pieces[first - 1], changed):
            first -= 1
            head = self._pieces[first] + head
            changed = self._pieces[first] + changed
        end_of_text = self._characters.before(first) + len(self._joined(head + text))
        self._put(first, last + 1, self._joined(changed))
        return end_of_text

    def offset_at(self, row: int, column: int) -> int:
        """The offset of a position. A row or column too large means the end of the text or of the line."""
        if row > self._breaks.total:
            return len(self)
        start, stop = self.span(row)
        unit = self._units_before(start) + column
        if unit >= self._units_before(stop):
            return stop
        index, before = self._units.find(unit)
        piece = self._pieces[index]
        return self._characters.before(index) + offset_at_column(piece, unit - before, self._encoding)

    def row_at(self, offset: int) -> int:
        index, within = self._place(offset)
        piece = self._pieces[index]
        is_inside_break = within > 0 and piece[within - 1 : within + 1] == "\r\n"
        return self._breaks.before(index) + _breaks_in(piece[:within]) - is_inside_break

    def column_at(self, offset: int) -> int:
        start, _ = self.span(self.row_at(offset))
        return self._units_before(offset) - self._units_before(start)

    def span(self, row: int) -> tuple[int, int]:
        """The offsets at which a line starts and ends, without its line ending."""
        start = self._break(row)[1] if row else 0
        stop = self._break(row + 1)[0] if row < self._breaks.total else len(self)
        return start, stop

    def slice(self, start: int, stop: int) -> str:
        first, begin = self._place(start)
        last, end = self._place(stop)
        if first == last:
            return self._pieces[first][begin:end]
        return "".join(
            (self._pieces[first][begin:], *self._pieces[first + 1 : last], self._pieces[last][:end])
        )

    @property
    def last_row(self) -> int:
        return self._breaks.total

    def _put(self, first: int, behind: int, text: str) -> None:
        # A piece that was just cut has room to grow, and two pieces that were just joined are not cut soon.
        # So no sequence of small edits cuts and joins the same pieces again and again.
        is_small = behind - first == 1 and len(text) <= PIECE_CHARACTERS_MAX
        whole = is_small and _breaks_in(text) <= PIECE_LINES_MAX
        pieces = [text] if whole else list(_cut(text))
        sizes = list(map(_bytes, pieces))
        self.size += sum(sizes) - sum(self._sizes[first:behind])
        self._pieces[first:behind], self._sizes[first:behind] = pieces, sizes
        self._characters.replace(first, behind, list(map(len, pieces)))
        self._units.replace(first, behind, list(map(self._units_in, pieces)))
        self._breaks.replace(first, behind, list(map(_breaks_in, pieces)))

    def _place(self, offset: int) -> tuple[int, int]:
        """The index of the piece at an offset, and the offset in that piece."""
        index, before = self._characters.find(offset)
        return index, offset - before

    def _break(self, number: int) -> tuple[int, int]:
        """The offsets at which a line ending starts and stops; the first line ending has number 1."""
        index, before = self._breaks.find(number - 1)
        line_ending = next(islice(_BREAK.finditer(self._pieces[index]), number - 1 - before, None))
        start = self._characters.before(index)
        return start + line_ending.start(), start + line_ending.end()

    def _units_before(self, offset: int) -> int:
        index, within = self._place(offset)
        return self._units.before(index) + column_at_offset(self._pieces[index], within, self._encoding)

    def _units_in(self, text: str) -> int:
        return column_at_offset(text, len(text), self._encoding)

    def _joined(self, text: str) -> str:
        """Join two surrogate halves that meet into one character, as in the client's UTF-16 text."""
        if self._encoding != "utf-16" or text.isascii():
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _cut(text: str) -> Iterator[str]:
    """Cut a text into pieces of at most half the maximum length; an empty text gives one empty piece."""
    count = -(-len(text) // (PIECE_CHARACTERS_MAX // 2)) or 1
    length, start = -(-len(text) // count), 0
    while True:
        stop = start + length
        while _breaks_in(text[start:stop]) > PIECE_LINES_MAX // 2:
            stop = (start + stop) // 2
        if text[stop - 1 : stop + 1] == "\r\n":
            stop += 1
        yield text[start:stop]
        if stop >= len(text):
            return
        start = stop


def _belong_together(left: str, right: str) -> bool:
    """True if no piece may end between two texts: they split CR LF or a surrogate pair, or one is empty."""
    if not left or not right:
        return True
    meeting = left[-1] + right[0]
    return meeting == "\r\n" or _PAIR.fullmatch(meeting) is not None


def _breaks_in(text: str) -> int:
    feeds, returns = text.count("\n"), text.count("\r")
    return feeds + returns - text.count("\r\n") if returns else feeds


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
