"""``holesmith index``: what it builds and prints, and one clear line for what it can't use."""

import json
import os
from pathlib import Path

import pytest
from holesmith.cli.main import main
from holesmith.context.index.location import database_of
from holesmith.context.index.reader import Index
from holesmith.system.private_files import CACHE_VARIABLE


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    (root / "src" / "till.py").write_text("class Till:\n    def open(self): pass\n")
    (root / "src" / "bin.py").write_bytes(b"\0")
    return root


def test_it_builds_the_index_and_says_what_is_in_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(root)]) == 0
    printed = capsys.readouterr().out
    assert "2 files, 2 symbols, 1 chunks" in printed
    assert "left out: 1 (1 binary)" in printed
    assert [each.path for each in Index(database_of(root)).definitions(["Till"])] == ["src/till.py"]


def test_the_object_of_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(root), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["stored"], printed["symbols"], printed["skipped"]) == (2, 2, {"binary": 1})
    assert Path(printed["index"]).stat().st_size <= printed["bytes"]
    assert main(["index", str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stored"] == 0


def test_without_a_folder_it_takes_the_repository_of_the_current_one(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "src")
    assert main(["index", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == str(root)


def test_nothing_is_written_into_the_workspace(root: Path) -> None:
    before = sorted(root.rglob("*"))
    assert main(["index", str(root)]) == 0
    assert sorted(root.rglob("*")) == before


def test_a_folder_that_is_not_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(root / "none")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("holesmith: error: ")
    assert "no such folder" in error


def test_a_cache_that_cannot_be_written(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, os.devnull)
    assert main(["index", str(root)]) == 1
    assert "can't be written" in capsys.readouterr().err
