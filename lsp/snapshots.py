"""Turn the position of a request into a snapshot for completion, and offsets back into positions.

A handler takes its snapshot before it awaits anything, so the snapshot shows the document that the client
saw when it asked.
"""

import re
from dataclasses import dataclass, replace
from typing import Protocol

from holesmith.completion.snapshot import Selected, Snapshot
from holesmith.lsp.documents.documents import Cursor, Document, RejectedDocument
from holesmith.lsp.documents.positions import Encoding
from holesmith.lsp.documents.uris import address_of, folder_around, has_too_long_path, name_of, path_of
from holesmith.lsp.session import Session
from lsprotocol import types

PATH_TOO_LONG = "the path of the document is longer than a file's path can be"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class AtPosition(Protocol):
    """The parameters of every request about a position."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


@dataclass(frozen=True, slots=True)
class Place:
    """The document, its version and the cursor at which a snapshot was taken."""

    uri: str
    version: int
    cursor: Cursor
    encoding: Encoding

    @property
    def position(self) -> types.Position:
        return self.cursor.position_at(self.cursor.offset, self.encoding)

    def range_of(self, start: int, stop: int) -> types.Range:
        """The range between two offsets, which must lie on the cursor's line."""
        return types.Range(
            self.cursor.position_at(start, self.encoding), self.cursor.position_at(stop, self.encoding)
        )


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The reason why there is no snapshot for a request: one line for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class SnapshotAt:
    """A snapshot and the place at which it was taken."""

    snapshot: Snapshot
    place: Place


def snapshot_at(
    session: Session,
    params: AtPosition,
    *,
    invoked: bool = False,
    selected: types.SelectedCompletionInfo | None = None,
    with_cells: bool = False,
) -> SnapshotAt | Unavailable:
    """The snapshot for a request, or the reason why there is none.

    ``with_cells``: the snapshot of a notebook cell also has the text of the cells around it, and its offsets
    count from the first of them.
    """
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        return Unavailable("the document is not open")
    if isinstance(document, RejectedDocument):
        return Unavailable(document.reason)
    around = session.notebooks.around(uri, session.documents) if with_cells else None
    before, behind = (around.before, around.behind) if around else ("", "")
    if has_too_long_path(around.notebook if around else uri):
        return Unavailable(PATH_TOO_LONG)
    text = document.text if document.text.endswith("\n") or not behind else document.text + "\n"
    local = document.cursor_at(params.position)
    cursor = _moved(local, len(before))
    whole = around.notebook if around else uri
    path = path_of(whole)
    snapshot = Snapshot(
        path=path or name_of(uri),
        language=document.language,
        text=well_formed(before + text + behind),
        offset=cursor.offset,
        workspace=folder_around(path, session.folders),
        version=document.version,
        invoked=invoked,
        selected=_selected(document, cursor, len(before), selected),
        after_deletion=document.is_just_deleted_at(local),
        address=address_of(whole),
    )
    return SnapshotAt(snapshot, Place(uri, document.version, cursor, session.documents.encoding))


def _moved(cursor: Cursor, count: int) -> Cursor:
    """The cursor in a text that has ``count`` more characters before it."""
    return replace(cursor, offset=cursor.offset + count, line_start=cursor.line_start + count)


def well_formed(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which no tokenizer can encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


def _selected(
    document: Document, cursor: Cursor, moved: int, item: types.SelectedCompletionInfo | None
) -> Selected | None:
    """The item that is selected in the editor's menu; None if there is none or it is not at the cursor."""
    if item is None:
        return None
    start = _moved(document.cursor_at(item.range.start), moved)
    stop = _moved(document.cursor_at(item.range.end), moved)
    if not (start.row == stop.row == cursor.row and start.offset <= cursor.offset <= stop.offset):
        return None
    return Selected(start.offset, stop.offset, well_formed(item.text))
