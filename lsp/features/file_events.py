"""Tell the completion service about documents and files that were opened, edited, saved or changed."""

from collections.abc import Sequence

from holesmith.completion.snapshot import Snapshot
from holesmith.lsp.documents.documents import RejectedDocument
from holesmith.lsp.documents.uris import folder_around, path_of
from holesmith.lsp.session import Session
from holesmith.lsp.snapshots import SnapshotAt, snapshot_at, well_formed
from lsprotocol import types


def opened(session: Session, uri: str) -> Snapshot | None:
    """A snapshot of an opened document for warm-up; None if its text is not kept or it is no file."""
    document, path = session.documents.get(uri), path_of(uri)
    if document is None or isinstance(document, RejectedDocument) or path is None:
        return None
    folder = folder_around(path, session.folders)
    return Snapshot(path, document.language, well_formed(document.text), 0, workspace=folder)


def opened_notebook(session: Session, params: types.DidOpenNotebookDocumentParams) -> Snapshot | None:
    """A snapshot of an opened notebook for warm-up; None if it is no file or has no cells."""
    path, cells = path_of(params.notebook_document.uri), params.cell_text_documents
    if path is None or not cells:
        return None
    return Snapshot(path, cells[0].language_id, "", 0, workspace=folder_around(path, session.folders))


def notify_edited(session: Session, uri: str) -> None:
    """Tell the service that the user has edited a document, if suggestions are turned on."""
    if session.service is not None and (session.settings.inline or session.settings.menu):
        session.service.edited(lambda: edited(session, uri))


def edited(session: Session, uri: str) -> Snapshot | None:
    """A snapshot of an edited document at the end of its last edit; None if that place is unknown."""
    document = session.documents.get(uri)
    if document is None or isinstance(document, RejectedDocument) or (end := document.edit_end) is None:
        return None
    place = types.TextDocumentPositionParams(types.TextDocumentIdentifier(uri), end)
    taken = snapshot_at(session, place, with_cells=True)
    return taken.snapshot if isinstance(taken, SnapshotAt) else None


def notify_files_changed(session: Session, uris: Sequence[str]) -> None:
    """Tell the service that these files were saved, created, renamed or deleted."""
    paths = [path for uri in uris if (path := path_of(uri)) is not None]
    if paths and session.service is not None:
        session.service.files_changed(paths)
