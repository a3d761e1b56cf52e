"""Which Python environment the analysis of a workspace reads, and what the status says of it."""

from pathlib import Path

import pytest
from holesmith.analysis.questions import MembersQuestion, Source
from holesmith.completion.model_host import Progress
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.workspace.analysis_clients import Workspaces, delete_parsed_files
from holesmith.engine.interface import Engine

from tests.fakes import FakeEngine


def fake_engine(_options: Options, _progress: Progress) -> Engine:
    return FakeEngine("1\n")


def make_environment(path: Path) -> Path:
    (path / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (path / "pyvenv.cfg").write_text("version = 3.12.1\n")
    return path


async def test_the_environment_in_use_shows_in_the_status(tmp_path: Path) -> None:
    found = make_environment(tmp_path / "project" / ".venv")
    chosen = make_environment(tmp_path / "chosen")
    statuses: list[Status] = []
    service = Service(Options(), statuses.append, fake_engine, workspaces=Workspaces())
    snapshot = Snapshot(str(tmp_path / "project" / "a.py"), "python", "x = ", 4, str(tmp_path / "project"))
    assert service.status.environment is None
    await service.open(snapshot)
    assert service.status.environment == f"Python 3.12 in {found} (.venv)"
    await service.configure(Options(python=str(chosen)))
    assert service.status.environment == f"Python 3.12 in {chosen} (setting)"
    assert statuses[-1].environment == service.status.environment
    await service.close()


async def test_without_an_environment_the_status_says_so(tmp_path: Path) -> None:
    service = Service(Options(), loader=fake_engine, workspaces=Workspaces())
    await service.open(Snapshot(str(tmp_path / "a.java"), "java", "", 0, str(tmp_path)))
    assert service.status.environment is None
    await service.open(Snapshot(str(tmp_path / "a.py"), "python", "", 0, str(tmp_path)))
    assert service.status.environment is not None
    assert service.status.environment.startswith(("no Python environment found", "Python"))
    await service.close()


async def test_parsed_files_of_earlier_versions_are_deleted_and_none_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were copies of the workspace's source, in a format that can run code, readable by other users."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("HOLESMITH_CACHE", str(cache))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    left = [cache / "jedi" / "CPython-311-33" / "a.pkl", tmp_path / "holesmith" / "jedi" / "b.pkl"]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"cos\nsystem\n(S'touch sprung'\ntR.")
    (tmp_path / "part.py").write_text("class Part:\n    own_name = 1\n")
    workspaces = Workspaces()
    text = "from part import Part\nPart()."
    snapshot = Snapshot(str(tmp_path / "a.py"), "python", text, len(text), str(tmp_path))
    client = await workspaces.of(snapshot)
    assert client is not None
    reply = await client.ask(MembersQuestion(Source(snapshot.path, text), len(text)), 60_000.0)
    assert reply.answer is not None
    assert "own_name" in {member.name for member in reply.answer.members}
    await workspaces.close()
    assert not list(tmp_path.rglob("*.pkl"))


def test_the_cache_of_jedi_itself_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLESMITH_CACHE may name the folder in which every program has its cache."""
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    theirs = tmp_path / "jedi" / "CPython-311-33" / "a.pkl"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"")
    delete_parsed_files()
    assert theirs.exists()
