"""Which folder a file on disk is completed in."""

from pathlib import Path

import pytest
from holesmith.cli.source_file import workspace_of


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module in a package that lies in a namespace package."""
    package = tmp_path / "project" / "space" / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return package / "module.py"


def mark(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()


def test_without_any_mark_it_is_the_one_that_holds_the_outermost_package(module: Path) -> None:
    assert workspace_of(module) == module.parents[1]


def test_a_python_environment_marks_it(module: Path) -> None:
    mark(module.parents[2], ".venv/pyvenv.cfg")
    assert workspace_of(module) == module.parents[2]


def test_a_repository_counts_more_than_an_environment(module: Path) -> None:
    mark(module.parents[1], ".venv/pyvenv.cfg")
    mark(module.parents[2], "pyproject.toml")
    assert workspace_of(module) == module.parents[2]


def test_an_environment_in_the_home_of_the_user_marks_nothing(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(module.parents[2]))
    monkeypatch.setenv("USERPROFILE", str(module.parents[2]))
    mark(module.parents[2], ".venv/pyvenv.cfg")
    assert workspace_of(module) == module.parents[1]
