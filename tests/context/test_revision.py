"""What git says of the work in progress, and that asking it runs nothing of the repository's."""

import shutil
import subprocess
from pathlib import Path

import pytest
from holesmith.context.request import Revision
from holesmith.context.revision import read_revision

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
