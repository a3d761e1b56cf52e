"""A document that holds secrets by its path, its link, or the whole path of its URI is left alone."""

from pathlib import Path

import pytest
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.options import Options
from holesmith.completion.postprocess.filters import refusal_of
from holesmith.completion.secret_documents import is_withheld
from holesmith.completion.snapshot import Snapshot
from holesmith.lsp.documents.documents import Documents, Limits
from holesmith.lsp.session import Session
from holesmith.lsp.settings import Settings
from holesmith.lsp.snapshots import SnapshotAt, snapshot_at
from lsprotocol import types

TEXT = "x = "
SECRET = (
    "untitled:.env",
    "untitled:/x/.ssh/config",
    "untitled:C%3A%5CUsers%5Cme%5C.ssh%5Cconfig",
    "vscode-remote://ssh-remote%2Bbox/home/me/.aws/config",
    "vscode-remote://box/home/me/%2Eaws/config",
    "file://otherhost/home/me/.kube/config",
    "vscode-notebook-cell:/home/me/.ssh/notes.ipynb#W0s",
)
ORDINARY = (
    "untitled:Untitled-1",
    "vscode-remote://box/home/me/.aws/handler.py",
    "file://otherhost/home/me/kube/config",
    "http://[::1",
)


def opened(uri: str) -> Snapshot:
    session = Session(Documents("utf-16", Limits()), Settings())
    session.documents.open(types.TextDocumentItem(uri, "python", 1, TEXT))
    place = types.TextDocumentPositionParams(types.TextDocumentIdentifier(uri), types.Position(0, len(TEXT)))
    taken = snapshot_at(session, place, invoked=True)
    assert isinstance(taken, SnapshotAt)
    return taken.snapshot


def is_left_alone(uri: str) -> bool:
    snapshot = opened(uri)
    is_refused = refusal_of(HoleContext(snapshot), Options()) == "files that hold secrets are never completed"
    assert is_refused == is_withheld(snapshot)
    return is_refused


@pytest.mark.parametrize("uri", SECRET)
def test_a_document_is_a_secret_by_the_whole_path_of_any_uri(uri: str) -> None:
    assert is_left_alone(uri)


@pytest.mark.parametrize("uri", ORDINARY)
def test_other_documents_that_are_no_files_are_completed(uri: str) -> None:
    assert not is_left_alone(uri)
    assert "/" not in opened(uri).path


def test_a_link_to_a_secret_is_a_secret(tmp_path: Path) -> None:
    for name, target in (("notes.py", ".env"), ("folder", ".aws")):
        (tmp_path / name).symlink_to(target)
    assert is_left_alone((tmp_path / "notes.py").as_uri())
    assert is_left_alone((tmp_path / "folder" / "config").as_uri())
    assert not is_left_alone((tmp_path / "other.py").as_uri())
