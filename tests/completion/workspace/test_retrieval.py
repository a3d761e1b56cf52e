"""Context in the service's hands: workspaces are indexed by themselves, and nothing fails a completion."""

import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.retrieval import WORKSPACES_MAX, Retrieval, is_too_general, snippet_uses
from holesmith.context.index.location import database_of
from holesmith.context.index.process.background import Event
from holesmith.context.index.reader import Index
from holesmith.context.retrieval.retrieve import DEFAULT_CHOICE, Choice, RetrievedContext
from holesmith.context.sources.catalogue import SOURCE_NAMES
from holesmith.system.private_files import CACHE_VARIABLE

from tests.fakes import byte_vocabulary

VOCABULARY = byte_vocabulary()
CART = "class Cart:\n    def pay(self, amount: int) -> bool: ...\n" + "".join(
    f"    def way_{number}(self, what: str) -> str: ...\n" for number in range(30)
)
MAIN = "from cart import Cart\n\ncart = Cart()\ncart.\n"
EVENT_TIMEOUT_S = 30.0


class Editor:
    """A workspace folder, and the retrieval that an editor's requests go to."""

    def __init__(self, root: Path, choice: Choice | None = None) -> None:
        self.root = root
        self.events: queue.Queue[tuple[str, Event]] = queue.Queue()
        self.retrieval = Retrieval(choice or Choice(SOURCE_NAMES))
        self.retrieval.listen(lambda folder, event: self.events.put((folder, event)))
        root.mkdir()
        (root / "cart.py").write_text(CART)

    def retrieve(
        self,
        text: str = MAIN,
        path: str = "main.py",
        folder: Path | None = None,
        sources: frozenset[str] | None = None,
    ) -> RetrievedContext:
        folder = folder or self.root
        offset = len(text) - 1
        snapshot = Snapshot(str(folder / path), "python", text, offset, workspace=str(folder))
        return self.retrieval.retrieve(HoleContext(snapshot), VOCABULARY, 3_000, sources=sources)

    def wait_for(self, name: str) -> Event:
        while True:
            _, event = self.events.get(timeout=EVENT_TIMEOUT_S)
            if event["event"] == name:
                return event


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Editor]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    editor = Editor(tmp_path / "work")
    yield editor
    editor.retrieval.close()


def test_the_first_request_starts_the_index_and_later_ones_use_it(editor: Editor) -> None:
    assert all(file.path == "main.py" for file in editor.retrieve().files)
    editor.wait_for("scanned")
    assert "def pay(self, amount: int) -> bool" in "".join(file.code for file in editor.retrieve().files)


def test_saved_and_deleted_files_are_followed(editor: Editor) -> None:
    editor.retrieval.open(str(editor.root))
    editor.wait_for("scanned")
    (editor.root / "till.py").write_text("def open_till(): ...\n")
    (editor.root / "cart.py").unlink()
    editor.retrieval.files_changed(
        [str(editor.root / "till.py"), str(editor.root / "cart.py"), "/elsewhere/x.py"]
    )
    editor.wait_for("updated")
    editor.wait_for("updated")
    assert Index(database_of(editor.root)).paths() == {"till.py"}


def test_other_documents_that_were_worked_on_become_context(editor: Editor) -> None:
    editor.retrieve("alpha = beta(gamma)\ndelta = 1\n", "other.py")
    editor.retrieve("alpha = beta(gamma)\ndelta = omega(alpha)\n", "other.py")
    found = editor.retrieve("alpha = beta(gamma)\n" * 30 + "x\n", "third.py")
    assert "delta = omega(alpha)" in "".join(file.code for file in found.files)
    assert {each.snippet.source for each in found.chosen} & {"recent_edits", "recent_files"}


def test_other_documents_are_seen_as_they_are_in_the_editor(editor: Editor) -> None:
    editor.retrieve("alpha = beta(gamma, delta)\nunsaved_name = 1\nother = 2\nthird = 3\nx\n", "other.py")
    found = editor.retrieve("y = 1\n" * 60 + "alpha = beta(gamma, delta)\nx\n", "third.py")
    assert "unsaved_name" in "".join(file.code for file in found.files)


def test_a_document_outside_of_its_workspace_has_no_context(editor: Editor) -> None:
    snapshot = Snapshot("untitled", "python", "x\n", 1, workspace=str(editor.root))
    assert editor.retrieval.retrieve(HoleContext(snapshot), VOCABULARY, 1_000) == RetrievedContext()
    alone = Snapshot("/a.py", "python", "x\n", 1)
    assert editor.retrieval.retrieve(HoleContext(alone), VOCABULARY, 1_000) == RetrievedContext()


def test_home_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "users" / "me"))
    assert is_too_general(tmp_path / "users" / "me")
    assert is_too_general(tmp_path / "users")
    assert is_too_general(Path("/"))
    assert not is_too_general(tmp_path / "users" / "me" / "project")


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_has_context_without_an_index_and_is_told_once(tmp_path: Path) -> None:
    editor = Editor(tmp_path / "work")
    assert not is_too_general(editor.root)
    text = "alpha = beta(gamma)\n" + "y = 1\n" * 60 + "alpha = beta(gamma)\ndelta = omega(alpha)\n"
    editor.retrieve(text, "other.py")
    found = editor.retrieve("alpha = beta(gamma)\n" * 30 + "x\n", "third.py")
    assert "delta = omega(alpha)" in "".join(file.code for file in found.files)
    editor.retrieval.files_changed([str(editor.root / "cart.py")])
    assert "set HOLESMITH_CACHE" in editor.wait_for("failed")["message"]
    assert editor.events.empty()


def test_files_outside_of_the_workspace_are_never_indexed(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key.py").write_text("key = 1\n")
    (editor.root / "linked").symlink_to(tmp_path / "private")
    (editor.root / "key.py").symlink_to(tmp_path / "private" / "key.py")
    editor.retrieval.open(str(editor.root))
    editor.wait_for("scanned")
    changed = [
        "../private/key.py",
        "linked/key.py",
        "key.py",
        "linked",
        "linked/../cart.py",
        "a\0b.py",
        "\ud800.py",
    ]
    editor.retrieval.files_changed([f"{editor.root}/{path}" for path in changed])
    editor.retrieval.files_changed([str(tmp_path / "private" / "key.py"), str(editor.root / "cart.py")])
    while editor.wait_for("updated")["path"] != "cart.py":
        pass
    assert Index(database_of(editor.root)).paths() == {"cart.py"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_sources_of_a_request_decide_whether_git_is_asked(tmp_path: Path) -> None:
    editor = Editor(tmp_path / "work", DEFAULT_CHOICE)
    subprocess.run(["git", "init", "-q", "-b", "fix-till", str(editor.root)], check=True)
    try:
        assert any("branch: fix-till" in text for text in texts_of(editor, frozenset({"revision"})))
        assert not texts_of(editor, None)
    finally:
        editor.retrieval.close()


def texts_of(editor: Editor, sources: frozenset[str] | None) -> list[str]:
    """What version control says in a prompt; it is read beside the first request, and used from then on."""
    texts: list[str] = []
    for _ in range(200):
        found = editor.retrieve(sources=sources)
        texts = [each.snippet.text for each in found.chosen if each.snippet.source == "revision"]
        if texts or sources is None:
            break
        threading.Event().wait(0.05)
    return texts


def test_only_so_many_workspaces_are_kept(editor: Editor, tmp_path: Path) -> None:
    for number in range(WORKSPACES_MAX + 2):
        (tmp_path / str(number)).mkdir()
        editor.retrieval.open(str(tmp_path / str(number)))
    assert len(editor.retrieval.folders) == WORKSPACES_MAX
    assert str(tmp_path / "0") not in editor.retrieval.folders


def test_a_slow_engine_gets_fewer_snippets(editor: Editor) -> None:
    editor.retrieve()
    editor.wait_for("scanned")
    many = sum(each.tokens for each in editor.retrieve().chosen)
    editor.retrieval.measured(1_000, 60_000)
    assert sum(each.tokens for each in editor.retrieve().chosen) < many


def test_what_was_left_out_is_told_too(editor: Editor) -> None:
    editor.retrieve()
    editor.wait_for("scanned")
    uses = snippet_uses(editor.retrieve())
    assert any(use.tokens and use.reason for use in uses)
    assert all(use.tokens or use.reason.startswith("left out") for use in uses)
