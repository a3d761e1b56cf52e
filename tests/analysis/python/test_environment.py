"""Finding the Python environment by reading, in the order of precedence."""

import base64
import hashlib
import os
import time
from pathlib import Path

import pytest
from holesmith.analysis.options import Options
from holesmith.analysis.python.environment import find_environment, in_words


def make_environment(path: Path, version: str = "3.12.1", **configuration: str) -> Path:
    packages = path / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    lines = {"version": version, **{key.replace("_", "-"): value for key, value in configuration.items()}}
    (path / "pyvenv.cfg").write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
    return packages


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT", "POETRY_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def options(root: Path, python: str | None = None, virtual_env: Path | None = None) -> Options:
    return Options(str(root), python, str(virtual_env) if virtual_env else None)


def test_without_an_environment_there_is_only_the_project(root: Path) -> None:
    found = find_environment(options(root))
    assert (found.origin, found.path, found.search_paths) == ("none found", None, ())
    assert found.source_roots == (str(root),)


def test_dot_venv_before_the_active_environment(root: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / "active")
    packages = make_environment(root / ".venv")
    found = find_environment(options(root, virtual_env=tmp_path / "active"))
    assert (found.origin, found.version, found.search_paths) == (".venv", "3.12", (str(packages),))


def test_setting_wins_whether_interpreter_or_directory(root: Path, tmp_path: Path) -> None:
    make_environment(root / ".venv")
    packages = make_environment(tmp_path / "chosen")
    (tmp_path / "chosen" / "bin").mkdir()
    for setting in (tmp_path / "chosen", tmp_path / "chosen" / "bin" / "python"):
        found = find_environment(options(root, python=str(setting)))
        assert (found.origin, found.search_paths) == ("setting", (str(packages),))


@pytest.mark.parametrize("setting", ["nowhere", "/nowhere", "project.toml", "empty"])
def test_a_setting_that_names_no_environment_is_told_and_passed_over(root: Path, setting: str) -> None:
    (root / "project.toml").touch()
    (root / "empty").mkdir()
    found = find_environment(options(root, python=setting))
    assert found.path is None
    assert in_words(found).endswith(f"({setting} is no Python environment)")
    make_environment(root / ".venv")
    found = find_environment(options(root, python=setting))
    assert in_words(found).endswith(f"/.venv (.venv; {setting} is no Python environment)")


def test_active_environment(root: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / "active")
    assert find_environment(options(root, virtual_env=tmp_path / "active")).origin == "VIRTUAL_ENV"


def test_uv(root: Path) -> None:
    make_environment(root / ".venv")
    (root / "uv.lock").touch()
    assert find_environment(options(root)).origin == "uv"


def test_poetry_keeps_environments_in_its_cache(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "pyproject.toml").write_text('[tool.poetry]\nname = "My Shop"\n')
    digest = hashlib.sha256(os.path.realpath(root).encode()).digest()
    tag = base64.urlsafe_b64encode(digest).decode()[:8]
    packages = make_environment(tmp_path / "poetry" / "virtualenvs" / f"my_shop-{tag}-py3.12")
    monkeypatch.setenv("POETRY_CACHE_DIR", str(tmp_path / "poetry"))
    found = find_environment(options(root))
    assert (found.origin, found.search_paths) == ("poetry", (str(packages),))


def test_pyproject_names_environment_and_source_roots(root: Path) -> None:
    make_environment(root / "envs" / "dev")
    for name in ("src", "stubs"):
        (root / name).mkdir()
    (root / "pyproject.toml").write_text(
        '[tool.pyright]\nvenvPath = "envs"\nvenv = "dev"\nextraPaths = ["stubs", "missing"]\n'
    )
    found = find_environment(options(root))
    assert found.origin == "pyproject.toml (pyright)"
    assert found.source_roots == (str(root), str(root / "src"), str(root / "stubs"))


def test_links_of_editable_installs_are_read_and_never_run(root: Path, tmp_path: Path) -> None:
    packages = make_environment(root / ".venv")
    (tmp_path / "linked").mkdir()
    (tmp_path / "mapped" / "thing").mkdir(parents=True)
    (packages / "linked.pth").write_text(f"{tmp_path / 'linked'}\nimport os; os.abort()\n/does/not/exist\n")
    mapping = {"thing": str(tmp_path / "mapped" / "thing")}
    (packages / "__editable___thing_finder.py").write_text(
        f"MAPPING: dict[str, str] = {mapping!r}\nraise SystemExit\n"
    )
    found = find_environment(options(root))
    assert found.search_paths == (str(packages), str(tmp_path / "linked"), str(tmp_path / "mapped"))


def test_broken_files_are_as_good_as_none(root: Path) -> None:
    (root / "pyproject.toml").write_bytes(b"[[[\xff")
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").write_bytes(b"\xff\xfe")
    assert find_environment(options(root)).origin == "none found"


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_has_the_environments_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "0"\n')
    assert find_environment(options(tmp_path)).origin == "none found"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name", ["pyproject.toml", ".venv/pyvenv.cfg", "venv/lib/python3.12/site-packages/a.pth"]
)
def test_a_named_pipe_in_the_place_of_a_file_is_as_good_as_none(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(root / name)
    assert find_environment(options(root)).origin == "none found"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("3.11.7", "3.11"),
        ("3.13.0rc1", "3.13"),
        ("3.12.1.final.0", "3.12"),
        ("3.14.0+", "3.14"),
        ("3", "3"),
        ("![x](https://example.org/x.png)", "3.12"),
        ("3.11![x](https://example.org/x.png)", "3.12"),
        ("3.11\x1b]0;title\x07", "3.12"),
        ("", "3.12"),
    ],
)
def test_a_version_is_numbers_or_told_by_the_folder(root: Path, version: str, told: str) -> None:
    make_environment(root / ".venv", version)
    assert find_environment(options(root)).version == told


LONG = "a" * 300
# Stands for a path that exists, but is so long that nothing in it has a name that the system takes.
DEEP = "<deep>"


@pytest.mark.parametrize(
    "table",
    [
        f'venv = "{LONG}"',
        f'venv = "a"\nvenvPath = "{LONG}"',
        f'venv = "{DEEP}"',
        f'extraPaths = ["{LONG}", "{DEEP}"]',
        'venv = "\\u0000"\nextraPaths = ["\\u0000"]',
    ],
)
def test_a_path_that_no_system_takes_is_passed_over(root: Path, table: str) -> None:
    (root / "x").mkdir()
    packages = make_environment(root / ".venv")
    table = table.replace(DEEP, "/".join(["x/.."] * ((4_090 - len(str(root))) // 5)))
    (root / "pyproject.toml").write_text(f"[tool.pyright]\n{table}\n")
    assert find_environment(options(root)).search_paths == (str(packages),)


@pytest.mark.parametrize("name", ["POETRY_CACHE_DIR", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX"])
def test_a_variable_that_no_system_takes_for_a_path_is_passed_over(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"/{LONG}")
    (root / "uv.lock").touch()
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    found = find_environment(options(root, python=LONG, virtual_env=Path(LONG)))
    assert found.origin == f"{LONG} is no Python environment"


@pytest.mark.timeout(30)
def test_the_links_of_all_files_together_have_a_bound(root: Path, tmp_path: Path) -> None:
    packages = make_environment(root / ".venv")
    (tmp_path / "linked").mkdir()
    (packages / "a.pth").write_text(f"{tmp_path / 'linked'}\n")
    for number in range(501):
        (packages / f"b{number}.pth").write_text(".\n" * 2_000)
        (packages / f"__editable___b{number}_finder.py").write_text(f"MAPPING = {{{'1: 1, ' * 2_000}}}\n")
    started = time.process_time()
    found = find_environment(options(root))
    assert time.process_time() - started < 5
    assert found.search_paths == (str(packages), str(tmp_path / "linked"))
