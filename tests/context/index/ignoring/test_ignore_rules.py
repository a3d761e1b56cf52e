"""Which files are left out: checked against git itself where git is there to ask."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from holesmith.context.index.files import Limits, walk
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules

from tests.context.repository import write_files


def found(root: Path) -> set[str]:
    return {file.path for file in walk(root.resolve(), IgnoreRules(root), Limits())}


NAMES = """a gen/b gen/keep/c src/gen/d src/e src/build/f build/g logs/h logs/keep deep/x/y/z/i odd_name
deep/only top_gen"""
SOURCES = {f"{name}.py": "x = 1\n" for name in NAMES.split()} | {"odd name.py": ""}
IGNORES = {
    ".gitignore": "#\n\n/build/\ngen/*\n!gen/keep/\nlogs/*.py\n!logs/keep.py\n**/y/\n*_gen.py\nodd\\ *.py\n",
    "src/.gitignore": "!build/\ngen\n",
    "deep/.gitignore": "/only.py\n",
    ".git/info/exclude": "e.py\n",
}


REPOSITORY = {".git/HEAD": "ref: refs/heads/main", ".git/objects/x": "", ".git/refs/x": ""}


def test_the_rules_are_those_of_git(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write_files(tmp_path, {**SOURCES, **IGNORES})
    listed = subprocess.run(
        ["git", "-C", str(tmp_path), "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    assert found(tmp_path) == {path for path in listed if path.endswith(".py")}


def test_rules_above_a_workspace_inside_a_repository_count(tmp_path: Path) -> None:
    write_files(tmp_path, {**REPOSITORY, ".gitignore": "secret_gen/\nsub/inner/x.py\n"})
    write_files(tmp_path, {"sub/secret_gen/a.py": "", "sub/inner/x.py": "", "sub/b.py": ""})
    assert found(tmp_path / "sub") == {"b.py"}
    assert found(tmp_path / "sub" / "inner") == set()


def test_an_ignored_folder_opened_on_purpose_is_indexed(tmp_path: Path) -> None:
    write_files(tmp_path, {**REPOSITORY, ".gitignore": "build/\n*_gen.py\n", "build/lib/a.py": ""})
    assert found(tmp_path) == set()
    assert found(tmp_path / "build" / "lib") == {"a.py"}


def test_our_own_file_has_the_last_word(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "", "b.py": "", "gen/c.py": "", "gen/d.py": ""})
    write_files(tmp_path, {".gitignore": "gen/\nb.py\n", ".holesmithignore": "a.py\n!gen/\ngen/d.py\n"})
    assert found(tmp_path) == {"gen/c.py"}


def test_secrets_and_tools_folders_never_come_in(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            ".holesmithignore": "!*\n",
            "node_modules/a.js": "",
            ".env": "",
            "secrets.json": "",
            "__pycache__/d.py": "",
            "e.py": "",
            ".docker/kubeconfig.py": "",
        },
    )
    assert found(tmp_path) == {"e.py", ".docker/kubeconfig.py"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "work"
    write_files(tmp_path, {"outside/secret.py": "", "work/a/b.py": ""})
    (root / "a" / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "one.py").symlink_to(tmp_path / "outside" / "secret.py")
    assert found(root) == {"a/b.py"}


@pytest.mark.parametrize("line", ["[", "a[", "!", "\\", "/", "**", "a/**/[b", "\ud83d"])
def test_a_strange_pattern_is_no_error(tmp_path: Path, line: str) -> None:
    write_files(tmp_path, {"a.py": "", "b.py": ""})
    (tmp_path / ".gitignore").write_text(f"{line}\nb.py\n", errors="surrogatepass")
    assert "b.py" not in found(tmp_path)


def test_the_walk_ends_at_its_limits(tmp_path: Path) -> None:
    write_files(tmp_path, {f"d{number}/a.py": "" for number in range(10)})
    rules = IgnoreRules(tmp_path)
    assert len(list(walk(tmp_path, rules, Limits(files_max=3)))) == 3
    assert list(walk(tmp_path, rules, Limits(depth_max=0))) == []


ENVIRONMENTS = {
    "venv": ("pyvenv.cfg", "lib/python3.12/a.py"),
    "conda": ("conda-meta/history", "lib/python3.12/a.py"),
    "old virtualenv": ("bin/activate", "lib/python2.7/os.py"),
    "old virtualenv on Windows": ("Scripts/activate.bat", "Lib/site-packages/a.py", "Lib/os.py"),
}


@pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_environments_are_left_out_whatever_made_them(tmp_path: Path, files: tuple[str, ...]) -> None:
    write_files(tmp_path, {"own/a.py": "", "bin/tool.py": "", "lib/python/b.py": ""})
    write_files(tmp_path, {f"chosen name/{file}": "" for file in files})
    assert found(tmp_path) == {"own/a.py", "bin/tool.py", "lib/python/b.py"}


@pytest.mark.parametrize(
    "folder",
    [".pixi/envs/default/lib", ".conda/lib", "__pypackages__/3.12/lib", ".tox/py312", ".eggs/x-1.0.egg"],
)
def test_folders_of_packages_are_left_out_by_their_names(tmp_path: Path, folder: str) -> None:
    write_files(tmp_path, {f"{folder}/a.py": "", "b.py": ""})
    assert found(tmp_path) == {"b.py"}


def test_what_buildout_has_installed_is_left_out(tmp_path: Path) -> None:
    write_files(tmp_path, {"eggs/a.py": "", "parts/b.py": "", "c.py": ""})
    assert found(tmp_path) == {"eggs/a.py", "parts/b.py", "c.py"}
    write_files(tmp_path, {".installed.cfg": ""})
    assert found(tmp_path) == {"c.py"}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name",
    [".gitignore", ".holesmithignore", ".git/info/exclude", ".git/config", ".git", ".git/HEAD", "a/.git"],
)
def test_a_named_pipe_in_the_place_of_a_file_holds_nothing_up(tmp_path: Path, name: str) -> None:
    files = {} if name == ".git" else {path: text for path, text in REPOSITORY.items() if path != name}
    write_files(tmp_path, {**files, "a/b.py": ""})
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / name)
    assert found(tmp_path) == {"a/b.py"}


HOSTILE_LINES = [
    "*a" * 30 + "b",
    "**/" * 500 + "b",
    "a**" * 500 + "b",
    "*?" * 100 + "b",
    "/" + "*a" * 30 + "/" + "*a" * 30 + "b",
    "**/a" * 200 + "b",
    "[a-z]*" * 100 + "0",
    "?*" * 2_000,
]


@pytest.mark.timeout(30)
def test_hostile_patterns_are_matched_in_no_time(tmp_path: Path) -> None:
    name = "a" * 240
    write_files(
        tmp_path, {".gitignore": "\n".join(HOSTILE_LINES), f"{name}.py": "", f"{'aaa/' * 60}a.py": ""}
    )
    started = time.process_time()
    assert f"{name}.py" in found(tmp_path)
    assert time.process_time() - started < 2.0


def test_an_ignore_file_beyond_all_measure_ignores_everything(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "", "large/b.py": "", "many/c.py": ""})
    write_files(tmp_path, {"large/.gitignore": "#" * 2_100_000, "many/.gitignore": "*x*\n" * 2_100})
    assert found(tmp_path) == {"a.py"}


def test_the_walk_ends_when_its_time_is_up(tmp_path: Path) -> None:
    write_files(tmp_path, {f"d{number}/a.py": "" for number in range(10)})
    assert len(list(walk(tmp_path, IgnoreRules(tmp_path), Limits(walk_s_max=-1)))) < 10


def test_a_name_that_is_not_utf_8_is_left_out(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": ""})
    (tmp_path / os.fsdecode(b"\xe9.py")).touch()
    assert found(tmp_path) == {"a.py"}
