"""What lies outside of a workspace is not read through it, wherever its links lead, and honest links work."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.files.source_access import BYTES_MAX
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import ImportableNamesQuestion, MembersQuestion, Source
from parso.cache import parser_cache

PRIVATE = "PRIVATE_NAME = 'private value'\n"
PACKAGES = ".venv/lib/python3.11/site-packages"
Places = tuple[Path, Path]
"""The workspace, and a folder outside of it."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    (workspace / PACKAGES).mkdir(parents=True)
    (workspace / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
    (outside / "package").mkdir(parents=True)
    for name in ("module.py", "module.pyi", "id_ed25519", ".env", "package/__init__.py", "conftest.py"):
        (outside / name).write_text(PRIVATE)
    return workspace, outside


def members(workspace: Path, statement: str, expression: str, path: Path | None = None) -> set[str]:
    indentation = "    " if statement.endswith(":") else ""
    text = f"{statement}\n{indentation}print({expression}."
    question = MembersQuestion(Source(str(path or workspace / "main.py"), text), len(text))
    answer = JediAnalyser(Options(str(workspace))).answer(question, Deadline.after_ms(60_000))
    return set() if answer is None else {member.name for member in answer.members}


def link(workspace: Path, name: str, target: Path) -> None:
    (workspace / name).parent.mkdir(parents=True, exist_ok=True)
    (workspace / name).symlink_to(target)


def large(workspace: Path, outside: Path) -> None:
    (workspace / "found.py").write_text(PRIVATE + "#" * BYTES_MAX)


def own_secret(workspace: Path, outside: Path) -> None:
    (workspace / ".env").write_text(PRIVATE)
    link(workspace, "found.py", workspace / ".env")


REFUSED: dict[str, Callable[[Path, Path], object]] = {
    "a file": lambda workspace, outside: link(workspace, "found.py", outside / "module.py"),
    "a private key": lambda workspace, outside: link(workspace, "found.py", outside / "id_ed25519"),
    "a secret of the workspace": own_secret,
    "a relative link": lambda workspace, outside: link(workspace, "found.py", Path("../outside/module.py")),
    "a link to a link": lambda workspace, outside: (
        link(workspace, "step", outside),
        link(workspace, "found.py", workspace / "step" / "module.py"),
    ),
    "a folder": lambda workspace, outside: link(workspace, "found", outside / "package"),
    "a stub": lambda workspace, outside: link(workspace, "found.pyi", outside / "module.pyi"),
    "a folder of stubs": lambda workspace, outside: (
        (workspace / "found-stubs").mkdir(),
        link(workspace, "found-stubs/__init__.pyi", outside / "module.pyi"),
    ),
    "a module of a package": lambda workspace, outside: link(
        workspace, "found/__init__.py", outside / "module.py"
    ),
    "a device": lambda workspace, outside: link(workspace, "found.py", Path("/dev/zero")),
    "a pipe": lambda workspace, outside: os.mkfifo(workspace / "found.py"),
    "a file of the environment that is a key": lambda workspace, outside: link(
        workspace, f"{PACKAGES}/found.py", outside / "id_ed25519"
    ),
    "a large file": large,
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_leads_out_of_the_workspace_or_is_no_plain_source_is_not_read(places: Places, kind: str) -> None:
    workspace, outside = places
    REFUSED[kind](workspace, outside)
    assert "PRIVATE_NAME" not in members(workspace, "import found", "found")
    assert not private_text_is_kept()


def test_the_environment_of_the_process_is_not_read(places: Places) -> None:
    workspace, _ = places
    link(workspace, "found.py", Path("/proc/self/environ"))
    assert members(workspace, "import found", "found") == set()


def test_folders_that_a_document_adds_to_the_search_path_are_not_read(places: Places) -> None:
    workspace, outside = places
    statement = f"import sys\nsys.path.append({str(outside)!r})\nimport module"
    assert "PRIVATE_NAME" not in members(workspace, statement, "module")
    assert not private_text_is_kept()


def test_names_of_files_behind_a_link_are_not_listed(places: Places) -> None:
    workspace, outside = places
    link(workspace, "found", outside)
    text = "from found import "
    question = ImportableNamesQuestion(Source(str(workspace / "main.py"), text), len(text))
    answer = JediAnalyser(Options(str(workspace))).answer(question, Deadline.after_ms(60_000))
    assert answer is None or "module" not in {each.name for each in answer.members}


def test_fixtures_behind_a_link_are_not_read(places: Places) -> None:
    workspace, outside = places
    fixture = "import pytest\n\n@pytest.fixture\ndef shop():\n    return ''\n"
    (outside / "conftest.py").write_text(fixture + PRIVATE)
    link(workspace, "conftest.py", outside / "conftest.py")
    members(workspace, "def test_it(shop):", "shop", workspace / "test_it.py")
    assert not private_text_is_kept()


def private_text_is_kept() -> bool:
    lines = (line for files in parser_cache.values() for item in files.values() for line in item.lines)
    return any("private value" in line for line in lines)


ALLOWED: dict[str, Callable[[Path, Path], object]] = {
    "a file of the workspace": lambda workspace, outside: (
        (workspace / "real.py").write_text("known = 1\n"),
        link(workspace, "found.py", Path("real.py")),
    ),
    "a folder of the workspace": lambda workspace, outside: (
        (workspace / "real").mkdir(),
        (workspace / "real" / "__init__.py").write_text("known = 1\n"),
        link(workspace, "found", workspace / "real"),
    ),
    "a package manager's cache, by file": lambda workspace, outside: (
        (outside / "cached.py").write_text("known = 1\n"),
        link(workspace, f"{PACKAGES}/found/__init__.py", outside / "cached.py"),
    ),
    "a package manager's cache, by folder": lambda workspace, outside: (
        (outside / "package" / "__init__.py").write_text("known = 1\n"),
        link(workspace, f"{PACKAGES}/found", outside / "package"),
    ),
    "an editable install": lambda workspace, outside: (
        (outside / "found.py").write_text("known = 1\n"),
        (workspace / PACKAGES / "found.pth").write_text(f"{outside}\n"),
    ),
    "from the workspace into its environment": lambda workspace, outside: (
        (workspace / PACKAGES / "real.py").write_text("known = 1\n"),
        link(workspace, "found.py", workspace / PACKAGES / "real.py"),
    ),
}


@pytest.mark.parametrize("kind", ALLOWED)
def test_honest_links_are_followed(places: Places, kind: str) -> None:
    workspace, outside = places
    ALLOWED[kind](workspace, outside)
    assert "known" in members(workspace, "import found", "found")


def test_a_workspace_that_is_opened_through_a_link_is_read(places: Places, tmp_path: Path) -> None:
    workspace, _ = places
    (workspace / "found.py").write_text("known = 1\n")
    (tmp_path / "name").symlink_to(workspace)
    for root, document in (("name", "name"), ("workspace", "name"), ("name", "workspace")):
        path = tmp_path / document / "main.py"
        assert "known" in members(tmp_path / root, "import found", "found", path), (root, document)


def test_an_environment_whose_folders_are_links_is_read(places: Places) -> None:
    workspace, outside = places
    (workspace / ".venv" / "lib").rename(outside / "lib")
    link(workspace, ".venv/lib", outside / "lib")
    link(workspace, ".venv/lib64", Path("lib"))
    (workspace / PACKAGES / "found.py").write_text("known = 1\n")
    assert "known" in members(workspace, "import found", "found")


def test_modules_beside_a_document_outside_of_the_workspace_are_read(places: Places) -> None:
    workspace, outside = places
    (outside / "beside.py").write_text("known = 1\n")
    assert "known" in members(workspace, "import beside", "beside", outside / "main.py")


@pytest.mark.parametrize("name", ["json", "math", "sys", "os.path", "pathlib", "_json", "sqlite3"])
def test_the_standard_library_is_read(places: Places, name: str) -> None:
    assert members(places[0], f"import {name}", name)
    assert name.split(".")[0] in sys.stdlib_module_names
