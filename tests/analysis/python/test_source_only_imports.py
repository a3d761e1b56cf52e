"""No code of a workspace runs in the worker, whatever it is named after and whatever is asked about it."""

import importlib.metadata
import os
import sys
import zipfile
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from holesmith.analysis import client as client_module
from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import (
    CallQuestion,
    ImportableNamesQuestion,
    ImportsQuestion,
    MembersQuestion,
    Question,
    ScopeQuestion,
    Source,
    WarmUpQuestion,
)

PATIENCE_MS = 60_000.0
AUDITED = Path(__file__).with_name("audited_worker.py")
STANDARD = sorted({*sys.stdlib_module_names, *sys.builtin_module_names} - {"antigravity", "this"})
INSTALLED = sorted(name for name in importlib.metadata.packages_distributions() if name.isidentifier())
COMPILED = [name for name in STANDARD if name in sys.builtin_module_names or name.startswith("_")]


def trap(folder: Path) -> str:
    return f"open({str(folder / 'sprung')!r}, 'a').close()\n"


def plant(workspace: Path, names: list[str], payload: str) -> None:
    for name in names:
        (workspace / name).mkdir(parents=True)
        (workspace / name / "__init__.py").write_text(payload)
        (workspace / name / "_distutils").mkdir()
        (workspace / name / "_distutils" / "__init__.py").write_text(payload)


def questions_about(workspace: Path, names: list[str]) -> Iterator[Question[object]]:
    path = str(workspace / "main.py")
    for name in names:
        text = f"import {name}\nprint({name}."
        yield MembersQuestion(Source(path, text), len(text))
    for name in ("distutils", "setuptools", "zipped", "extended", "spaced", "__main__"):
        for text in (f"from {name}.core import setup\nprint(setup.", f"import {name}.core\nx = {name}.core."):
            yield MembersQuestion(Source(path, text), len(text))
        text = f"from {name} import "
        yield ImportableNamesQuestion(Source(path, text), len(text))
    text = "from distutils.core import setup\n\nsetup(name='x', "
    yield CallQuestion(Source(path, text), len(text))
    yield WarmUpQuestion(Source(path, text), len(text))
    text = f"import {', '.join(INSTALLED[:20])}\nimport distutils.core\n\n"
    yield ScopeQuestion(Source(path, text), len(text))
    yield ImportsQuestion(Source(path, text), len(text))


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers of this test note here what code they run."""
    notes = tmp_path / "notes"

    def command_of(_module: str) -> list[str]:
        return [sys.executable, "-I", str(AUDITED), str(notes)]

    monkeypatch.setattr(client_module, "command_of", command_of)
    return notes


@pytest.mark.parametrize("shadowed", [INSTALLED, [*INSTALLED, *STANDARD]], ids=["packages", "everything"])
async def test_nothing_that_a_workspace_names_is_imported(
    tmp_path: Path, audited: Path, monkeypatch: pytest.MonkeyPatch, shadowed: list[str]
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    plant(workspace, shadowed, trap(tmp_path))
    packages = workspace / ".venv" / "lib" / "python3.11" / "site-packages"
    for folder in (workspace, packages):
        (folder / "extended").mkdir(parents=True, exist_ok=True)
        (folder / "spaced" / "inner").mkdir(parents=True)
        (folder / f"extended/core{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")
        (folder / "__main__.py").write_text(trap(tmp_path))
        (folder / "evil.pth").write_text(f"import os; {trap(tmp_path)}\nzipped.zip\n")
        with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
            archive.writestr("zipped/__init__.py", trap(tmp_path))
    (workspace / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("", str(workspace))))
    client = AnalysisClient(Options(str(workspace)))
    asked = [*COMPILED, "distutils"] if shadowed is INSTALLED else STANDARD
    try:
        for question in questions_about(workspace, [*asked, *INSTALLED]):
            reply = await client.ask(question, PATIENCE_MS)
            assert reply.answer is not None or reply.reason, question
        assert client.status.restarts == 0
    finally:
        await client.close()
    ours = tuple(os.path.realpath(each) for each in (sys.prefix, sys.base_prefix, Path(__file__).parents[3]))
    for line in audited.read_text().splitlines():
        event, _, file = line.partition(" ")
        assert event in ("exec", "import"), line
        assert file.startswith(("<", *ours)), line
    assert audited.read_text()
    assert not (tmp_path / "sprung").exists()
