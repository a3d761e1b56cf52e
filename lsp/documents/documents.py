"""The open documents, as the client's edits leave them.

Lines end at CR LF, LF and CR, as the protocol says, and nowhere else. A document is kept as its lines, so
that an edit costs as much as the lines it touches, and the whole text is put together only when somebody
asks. Positions outside a document are moved to the nearest place inside. A document too large to hold is
remembered without its text, and why.
"""

import re
from dataclasses import dataclass

from holesmith.lsp.documents.positions import Encoding, column_at_offset, offset_at_column
from holesmith.lsp.documents.uris import key_of
from lsprotocol import types

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text: its offset, and the line it stands on, to turn nearby offsets into positions.

    ``line`` has no line ending; ``line_start`` is the offset of its first character.
    """

    offset: int
    row: int
    line: str
    line_start: int

    def position_at(self, offset: int, encoding: Encoding) -> types.Position:
        """``offset`` must lie on the cursor's line."""
        assert self.line_start <= offset <= self.line_start + len(self.line)
        return types.Position(self.row, column_at_offset(self.line, offset - self.line_start, encoding))


class Document:
    """One open document. ``language`` is the protocol's language id, ``size`` its bytes in UTF-8."""

    def __init__(self, uri: str, language: str, version: int, text: str, encoding: Encoding) -> None:
        self.uri = uri
        self.language = language
        self.version = version
        self._encoding: Encoding = encoding
        # Places are a row and the offset in its line.
        self._deletion: tuple[int, int] | None = None
        self._edit_end: tuple[int, int] | None = None
        self._replace_all(text)

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    def apply(self, *changes: Change) -> None:
        """All changes of one message, in their order."""
        end: tuple[int, int] | None = None
        is_one_place = True
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangeWholeDocument):
                self._replace_all(change.text)
                is_one_place = False
            else:
                is_one_place = is_one_place and (end is None or change.range.start.line == end[0])
                end = self._replace(change.range, change.text)
        self._deletion = self._place_of_deletion(changes)
        self._edit_end = end if is_one_place else None

    @property
    def edit_end(self) -> types.Position | None:
        """Where the last message's edit ended, and so most likely the cursor is.

        None before any edit, and where the edit does not tell: all was replaced, or several places changed.
        """
        if self._edit_end is None:
            return None
        row, offset = self._edit_end
        return types.Position(row, column_at_offset(self._lines[row], offset, self._encoding))

    def is_just_deleted_at(self, cursor: Cursor) -> bool:
        """Whether the last edit did nothing but take text away, at the cursor."""
        return self._deletion == (cursor.row, cursor.offset - cursor.line_start)

    def cursor_at(self, position: types.Position) -> Cursor:
        row, offset = self._place(position)
        line_start = sum(map(len, self._lines[:row]))
        return Cursor(line_start + offset, row, _without_ending(self._lines[row]), line_start)

    def position_of(self, offset: int) -> types.Position:
        """Where the character at ``offset`` stands; the end of the document for any offset behind it."""
        row, offset = _place_in(self._lines, offset)
        return types.Position(row, column_at_offset(self._lines[row], offset, self._encoding))

    def _replace_all(self, text: str) -> None:
        joined = self._joined(text)
        self._lines = _split(joined)
        self.size = _bytes(joined)
        self._text: str | None = None

    def _replace(self, span: types.Range, text: str) -> tuple[int, int]:
        """Gives the place where the new text ends."""
        first, start = self._place(span.start)
        last, stop = self._place(span.end)
        if (last, stop) < (first, start):
            first, start, last, stop = last, stop, first, start
        # From the line before: it may end in CR, and the new text begin with LF.
        top, bottom = max(first - 1, 0), last + 1
        before = "".join(self._lines[top:first]) + self._lines[first][:start]
        changed = self._joined(before + text + self._lines[last][stop:])
        self.size += _bytes(changed) - sum(map(_bytes, self._lines[top:bottom]))
        lines = _split(changed, closed=bottom < len(self._lines))
        self._lines[top:bottom] = lines
        self._text = None
        row, offset = _place_in(lines, len(self._joined(before + text)))
        return top + row, offset

    def _place_of_deletion(self, changes: tuple[Change, ...]) -> tuple[int, int] | None:
        place: tuple[int, int] | None = None
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangeWholeDocument) or change.text:
                return None
            if change.range.start != change.range.end:
                place = min(self._place(change.range.start), self._place(change.range.end))
        return place

    def _place(self, position: types.Position) -> tuple[int, int]:
        """The row and the offset in its line of a position, moved into the document."""
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = _without_ending(self._lines[position.line])
        return position.line, offset_at_column(line, position.character, self._encoding)

    def _joined(self, text: str) -> str:
        """Surrogate halves that met become the character they mean, as in the client's UTF-16 text."""
        if self._encoding != "utf-16" or text.isascii():
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Unheld:
    """An open document whose text was not kept. ``reason`` is one line for the user."""

    uri: str
    language: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much text is held: of one document, and of all together. In bytes of UTF-8."""

    document_bytes_max: int = 5_000_000
    total_bytes_max: int = 500_000_000


class Documents:
    """The documents the client has open, by URI in whatever spelling."""

    def __init__(self, encoding: Encoding, limits: Limits) -> None:
        self.encoding: Encoding = encoding
        self.limits = limits
        self._open: dict[str, Document | Unheld] = {}

    def __len__(self) -> int:
        return len(self._open)

    def uris(self) -> tuple[str, ...]:
        """As the client spelt them when it opened the documents."""
        return tuple(document.uri for document in self._open.values())

    def get(self, uri: str) -> Document | Unheld | None:
        return self._open.get(key_of(uri))

    def open(self, item: types.TextDocumentItem) -> Document | Unheld:
        self.close(item.uri)
        document = Document(item.uri, item.language_id, item.version, item.text, self.encoding)
        return self._keep(document)

    def change(self, uri: str, version: int, changes: tuple[Change, ...]) -> Document | Unheld | None:
        """Apply edits in order. None if the document is not open.

        A version that does not grow is taken all the same: the stream's order is the client's, its numbers
        may be wrong. Text that was not held cannot be edited, except by replacing all of it.
        """
        document = self.get(uri)
        if isinstance(document, Unheld):
            if not any(isinstance(each, types.TextDocumentContentChangeWholeDocument) for each in changes):
                return document
            document = Document(document.uri, document.language, version, "", self.encoding)
        if document is None:
            return None
        document.apply(*changes)
        document.version = version
        return self._keep(document)

    def close(self, uri: str) -> None:
        self._open.pop(key_of(uri), None)

    def _keep(self, document: Document) -> Document | Unheld:
        kept = self._refusal(document) or document
        self._open[key_of(document.uri)] = kept
        return kept

    def _refusal(self, document: Document) -> Unheld | None:
        if document.size > self.limits.document_bytes_max:
            size, limit = _megabytes(document.size), _megabytes(self.limits.document_bytes_max)
            return _unheld(document, f"the file has {size}, more than the limit of {limit}")
        others = (
            other for other in self._open.values() if isinstance(other, Document) and other is not document
        )
        if document.size + sum(other.size for other in others) > self.limits.total_bytes_max:
            limit = _megabytes(self.limits.total_bytes_max)
            return _unheld(document, f"the open files have more than {limit} together")
        return None


def _unheld(document: Document, reason: str) -> Unheld:
    return Unheld(document.uri, document.language, reason)


def _split(text: str, closed: bool = False) -> list[str]:
    """The lines with their endings. Unless ``closed``, the last has no ending, and may be empty."""
    lines: list[str] = _LINE.findall(text)
    if not closed and (not lines or lines[-1].endswith(("\r", "\n"))):
        lines.append("")
    return lines


def _place_in(lines: list[str], offset: int) -> tuple[int, int]:
    """The row, and the offset in its line, of an offset in all of them; the end for any offset behind it."""
    for row, line in enumerate(lines):
        if offset < len(line) or row == len(lines) - 1:
            return row, min(offset, len(line))
        offset -= len(line)
    raise AssertionError("a document has at least one line")


def _without_ending(line: str) -> str:
    if line.endswith("\r\n"):
        return line[:-2]
    return line[:-1] if line.endswith(("\r", "\n")) else line


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
