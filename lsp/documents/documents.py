"""The open documents, as the client's edits leave them.

Lines end at CR LF, LF and CR, as the protocol says, and nowhere else. A document is kept in pieces, so that
an edit costs the same everywhere, and the pieces are joined only when the whole text is needed. A position
outside a document moves to the nearest place inside. A document that is too large is kept without its text,
with the reason.
"""

from dataclasses import dataclass

from holesmith.lsp.documents.pieces import Pieces
from holesmith.lsp.documents.positions import Encoding, column_at_offset
from holesmith.lsp.documents.uris import key_of
from lsprotocol import types

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text: its offset, and its line, which turns nearby offsets into positions.

    ``line`` has no line ending; ``line_start`` is the offset of its first character.
    """

    offset: int
    row: int
    line: str
    line_start: int

    def position_at(self, offset: int, encoding: Encoding) -> types.Position:
        """The position of an offset, which must lie on the cursor's line."""
        assert self.line_start <= offset <= self.line_start + len(self.line)
        return types.Position(self.row, column_at_offset(self.line, offset - self.line_start, encoding))


class Document:
    """One open document. ``language`` is the protocol's language id."""

    def __init__(self, uri: str, language: str, version: int, text: str, encoding: Encoding) -> None:
        self.uri = uri
        self.language = language
        self.version = version
        self._encoding: Encoding = encoding
        self._deletion: int | None = None
        self._edit_end: int | None = None
        self._replace_all(text)

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = str(self._pieces)
        return self._text

    @property
    def size(self) -> int:
        """The size of the text in UTF-8, in bytes."""
        return self._pieces.size

    def apply(self, *changes: Change) -> None:
        """Apply all changes of one message in their order."""
        end: int | None = None
        is_one_place = True
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangeWholeDocument):
                self._replace_all(change.text)
                is_one_place = False
            else:
                line = change.range.start.line
                is_one_place = is_one_place and (end is None or line == self._pieces.row_at(end))
                end = self._replace(change.range, change.text)
        self._deletion = self._place_of_deletion(changes)
        self._edit_end = end if is_one_place else None

    @property
    def edit_end(self) -> types.Position | None:
        """The end of the edit in the last message, where the cursor most likely is.

        None before any edit, and if the edit replaced the whole text or changed several places.
        """
        return None if self._edit_end is None else self.position_of(self._edit_end)

    def is_just_deleted_at(self, cursor: Cursor) -> bool:
        """True if the last edit only deleted text, at the cursor."""
        return self._deletion == cursor.offset

    def cursor_at(self, position: types.Position) -> Cursor:
        offset = self._offset_at(position)
        row = min(position.line, self._pieces.last_row)
        start, stop = self._pieces.span(row)
        return Cursor(offset, row, self._pieces.slice(start, stop), start)

    def position_of(self, offset: int) -> types.Position:
        """The position of the character at ``offset``; an offset behind the end means the end."""
        offset = min(offset, len(self._pieces))
        return types.Position(self._pieces.row_at(offset), self._pieces.column_at(offset))

    def _replace_all(self, text: str) -> None:
        self._pieces = Pieces(text, self._encoding)
        self._text: str | None = None

    def _replace(self, span: types.Range, text: str) -> int:
        """Replace a range. Returns the offset at which the new text ends."""
        start = self._offset_at(span.start)
        stop = start if span.end == span.start else self._offset_at(span.end)
        self._text = None
        return self._pieces.replace(min(start, stop), max(start, stop), text)

    def _place_of_deletion(self, changes: tuple[Change, ...]) -> int | None:
        last: types.Range | None = None
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangeWholeDocument) or change.text:
                return None
            last = change.range if change.range.start != change.range.end else last
        return None if last is None else min(self._offset_at(last.start), self._offset_at(last.end))

    def _offset_at(self, position: types.Position) -> int:
        return self._pieces.offset_at(position.line, position.character)


@dataclass(frozen=True, slots=True)
class RejectedDocument:
    """An open document whose text was not kept. ``reason`` is one line for the user."""

    uri: str
    language: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest size of one document, and of all open documents together, in bytes of UTF-8."""

    document_bytes_max: int = 5_000_000
    total_bytes_max: int = 500_000_000


class Documents:
    """The documents that the client has open, by URI; all spellings of a URI are equal."""

    def __init__(self, encoding: Encoding, limits: Limits) -> None:
        self.encoding: Encoding = encoding
        self.limits = limits
        self._open: dict[str, Document | RejectedDocument] = {}

    def __len__(self) -> int:
        return len(self._open)

    def uris(self) -> tuple[str, ...]:
        """The URIs, as the client spelt them when it opened the documents."""
        return tuple(document.uri for document in self._open.values())

    def get(self, uri: str) -> Document | RejectedDocument | None:
        return self._open.get(key_of(uri))

    def open(self, item: types.TextDocumentItem) -> Document | RejectedDocument:
        self.close(item.uri)
        document = Document(item.uri, item.language_id, item.version, item.text, self.encoding)
        return self._keep(document)

    def change(
        self, uri: str, version: int, changes: tuple[Change, ...]
    ) -> Document | RejectedDocument | None:
        """Apply edits in order. Returns the new state of the document; None if it is not open.

        The version need not grow: the order of messages counts, and a client may number them wrongly. A
        rejected document stays so until an edit replaces its whole text.
        """
        document = self.get(uri)
        if isinstance(document, RejectedDocument):
            if not any(
                isinstance(change, types.TextDocumentContentChangeWholeDocument) for change in changes
            ):
                return document
            document = Document(document.uri, document.language, version, "", self.encoding)
        if document is None:
            return None
        document.apply(*changes)
        document.version = version
        return self._keep(document)

    def close(self, uri: str) -> None:
        self._open.pop(key_of(uri), None)

    def _keep(self, document: Document) -> Document | RejectedDocument:
        kept = self._refusal(document) or document
        self._open[key_of(document.uri)] = kept
        return kept

    def _refusal(self, document: Document) -> RejectedDocument | None:
        if document.size > self.limits.document_bytes_max:
            size, limit = _megabytes(document.size), _megabytes(self.limits.document_bytes_max)
            return _rejected(
                document, f"the file has {size}, and the limit is {limit} (holesmith.documents.bytesMax)"
            )
        others = (
            other for other in self._open.values() if isinstance(other, Document) and other is not document
        )
        if document.size + sum(other.size for other in others) > self.limits.total_bytes_max:
            limit = _megabytes(self.limits.total_bytes_max)
            return _rejected(document, f"the open files together have more than {limit}; close some")
        return None


def _rejected(document: Document, reason: str) -> RejectedDocument:
    return RejectedDocument(document.uri, document.language, reason)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
