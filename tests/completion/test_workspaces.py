"""Which Python environment the analysis of a workspace reads, and what the status says of it."""

from pathlib import Path

from holesmith.completion.options import Options
from holesmith.completion.service import Progress, Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.workspaces import Workspaces
from holesmith.engine.seam import Engine

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
