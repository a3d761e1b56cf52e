"""Which files are left out: checked against git itself where git is there to ask."""

import shutil
import subprocess
from pathlib import Path

import pytest
from holesmith.context.index.files import Limits, walk
from holesmith.context.index.ignore import IgnoreRules

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
    write_files(tmp_path, {".git/HEAD": "", ".gitignore": "secret_gen/\nsub/inner/x.py\n"})
    write_files(tmp_path, {"sub/secret_gen/a.py": "", "sub/inner/x.py": "", "sub/b.py": ""})
    assert found(tmp_path / "sub") == {"b.py"}
    assert found(tmp_path / "sub" / "inner") == set()


def test_an_ignored_folder_opened_on_purpose_is_indexed(tmp_path: Path) -> None:
    write_files(tmp_path, {".git/HEAD": "", ".gitignore": "build/\n*_gen.py\n", "build/lib/a.py": ""})
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
            "env/pyvenv.cfg": "",
            "env/lib/b.py": "",
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
