"""What git says of the work in progress, and that asking it runs nothing of the repository's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from holesmith.context.request import Revision
from holesmith.context.revision import DIFF_CHARACTERS_MAX, read_revision

from tests.context.repository import write_files

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, "-C", str(root), *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "-q", "-b", "fix-till")
    write_files(root, {"a.py": "x = 1\n"})
    git(root, "add", "a.py")
    git(root, "commit", "-q", "-m", "Add the till", "-m", "And more.")
    return root


def test_branch_subjects_and_what_is_staged(root: Path) -> None:
    write_files(root, {"a.py": "x = 2\n"})
    git(root, "add", "a.py")
    revision = read_revision(root)
    assert (revision.branch, revision.subjects) == ("fix-till", ("Add the till",))
    assert "+x = 2" in revision.diff


def test_a_folder_of_the_repository_and_one_outside(root: Path, tmp_path: Path) -> None:
    (root / "sub").mkdir()
    assert read_revision(root / "sub").branch == "fix-till"
    outside = tmp_path / "outside"
    outside.mkdir()
    assert read_revision(outside) == Revision()


def test_a_repository_without_commits_or_with_a_broken_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "new")
    assert read_revision(tmp_path) == Revision("new")
    (tmp_path / ".git" / "HEAD").write_bytes(b"\xff\xfe nonsense")
    assert read_revision(tmp_path) == Revision("")


def test_programs_that_the_repository_names_are_never_run(root: Path, tmp_path: Path) -> None:
    trap, mark = tmp_path / "trap.sh", tmp_path / "was-run"
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "pager.diff",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "gpg.program",
        "core.sshCommand",
        "core.gitProxy",
        "core.editor",
    ):
        git(root, "config", setting, str(trap))
    git(root, "config", "log.showSignature", "true")
    git(root, "config", "core.hooksPath", str(tmp_path))
    write_files(root, {".gitattributes": "*.py diff=trap filter=trap\n", "b.py": "y = 1\n"})
    (root / ".git" / "info" / "attributes").write_text("*.py diff=trap filter=trap\n")
    mark.unlink(missing_ok=True)
    revision = read_revision(root)
    assert revision.subjects == ("Add the till",)
    assert not mark.exists()


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A program, and the file that shows that it was run."""
    trap, mark = tmp_path / "trap.sh", tmp_path / "was-run"
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    trap.chmod(0o755)
    return trap, mark


def make_submodule_with_trap(root: Path, trap: Path) -> None:
    """A submodule whose configuration names programs, with a newer commit of it staged."""
    library = root.parent / "library"
    library.mkdir()
    git(library, "init", "-q")
    write_files(library, {"b.py": "x = 1\n", ".gitattributes": "*.py diff=trap\n"})
    git(library, "add", ".")
    git(library, "commit", "-qm", "one")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    git(root, "commit", "-qm", "with sub")
    write_files(root / "sub", {"b.py": "x = 2\n"})
    git(root / "sub", "commit", "-qam", "two")
    git(root, "add", "sub")
    for setting in ("diff.external", "diff.trap.command", "diff.trap.textconv"):
        git(root / "sub", "config", setting, str(trap))
    git(root, "config", "diff.submodule", "diff")


def test_programs_that_a_submodule_names_are_never_run(root: Path, trap: tuple[Path, Path]) -> None:
    make_submodule_with_trap(root, trap[0])
    write_files(root, {"a.py": "x = 2\n"})
    git(root, "add", "a.py")
    git(root, "diff", "--cached", "--no-ext-diff", "--no-textconv")
    assert trap[1].exists(), "the trap works, asked in the way that looks safe"
    trap[1].unlink()
    assert "+x = 2" in read_revision(root).diff
    assert not trap[1].exists()


def test_a_bare_repository_that_a_clone_brings_is_not_asked(
    root: Path, tmp_path: Path, trap: tuple[Path, Path]
) -> None:
    make_submodule_with_trap(root, trap[0])
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "outer")
    (root / ".git").rename(outer / "project")  # a folder that is a repository without being named .git
    git(outer / "project", "config", "core.worktree", str(root))
    trap[1].unlink(missing_ok=True)
    assert read_revision(outer / "project") == Revision("outer")
    assert not trap[1].exists()


def test_secrets_that_are_staged_stay_out(root: Path) -> None:
    write_files(
        root, {".env": "KEY=1\n", "id_rsa": "PRIVATE\n", "a.py": "x = 2\n", "keys/.env.local": "KEY=2\n"}
    )
    git(root, "add", "-f", ".")
    diff = read_revision(root).diff
    assert "+x = 2" in diff
    assert not any(text in diff for text in ("KEY", "PRIVATE", ".env"))


def test_names_that_look_like_patterns_or_options_are_names(root: Path) -> None:
    write_files(
        root, {"--output=x": "a = 1\n", ":(top)*": "b = 2\n", "*": "c = 3\n", "secrets.json": "d = 4\n"}
    )
    git(root, "add", "-f", "--", ".")
    diff = read_revision(root).diff
    assert all(text in diff for text in ("a = 1", "b = 2", "c = 3"))
    assert "d = 4" not in diff
    assert not (root / "x").exists()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", [".git/HEAD", ".git/config", ".git", ".git/commondir", ".git/index"])
def test_a_named_pipe_in_the_repository_holds_nothing_up(root: Path, name: str) -> None:
    if name == ".git":
        shutil.rmtree(root / name)
    (root / name).unlink(missing_ok=True)
    os.mkfifo(root / name)
    assert read_revision(root).diff == ""


@pytest.mark.parametrize("entry", [".", "{root}", "{root}/bin", "{link}", "{linked}"])
@pytest.mark.parametrize("opened", [".", "inner"])
def test_a_program_named_git_in_the_workspace_is_not_git(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entry: str, opened: str
) -> None:
    program = f"#!/bin/sh\ntouch '{tmp_path}/was-run'\n"
    write_files(root, {"git": program, "bin/git": program, "inner/a.py": ""})
    for name in ("git", "bin/git"):
        (root / name).chmod(0o755)
    (tmp_path / "link").symlink_to(root / "bin")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "git").symlink_to(root / "git")
    monkeypatch.chdir(root)
    first = entry.format(root=root, link=tmp_path / "link", linked=tmp_path / "linked")
    monkeypatch.setenv("PATH", f"{first}:{os.environ['PATH']}")
    assert read_revision(root / opened).subjects == ("Add the till",)
    IgnoreRules(root / opened)
    assert not (tmp_path / "was-run").exists()


def test_output_without_end_is_cut_and_git_ended(root: Path) -> None:
    write_files(root, {"a.py": "x = 'y'\n" * 100_000})
    git(root, "add", "a.py")
    assert len(read_revision(root).diff) == DIFF_CHARACTERS_MAX
