"""Git is asked of the workspace's own repository, and of none that the workspace only points to."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from holesmith.context.request import Revision
from holesmith.context.revision import read_revision

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    allowed = ("-c", "protocol.file.allow=always")
    subprocess.run(["git", *settings, *allowed, "-C", str(root), *arguments], check=True, capture_output=True)


def make_repository(folder: Path, subject: str) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", f"branch-of-{folder.name}")
    (folder / "a.py").write_text("x = 1\n")
    git(folder, "add", "a.py")
    git(folder, "commit", "-q", "-m", subject)
    (folder / "a.py").write_text(f"x = '{subject}'\n")
    git(folder, "add", "a.py")
    return folder


@pytest.fixture
def private(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "private", "Secret plan")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "work", "Add the till")


def in_place_of_git(work: Path) -> Path:
    shutil.rmtree(work / ".git")
    return work / ".git"


def a_link(work: Path, private: Path) -> None:
    in_place_of_git(work).symlink_to(private / ".git")


def a_file(work: Path, private: Path) -> None:
    in_place_of_git(work).write_text(f"gitdir: {private}/.git\n")


def a_work_tree_of_nobody(work: Path, private: Path) -> None:
    """It names the workspace, and takes all else from a repository that has no such work tree."""
    fake = work / "fake"
    shutil.copytree(private / ".git", fake, ignore=shutil.ignore_patterns("objects", "refs"))
    (fake / "commondir").write_text(f"{private}/.git\n")
    (fake / "gitdir").write_text(f"{work}/.git\n")
    in_place_of_git(work).write_text("gitdir: fake\n")


def another_work_tree(work: Path, private: Path) -> None:
    git(private, "worktree", "add", "-q", str(private / "tree"))
    in_place_of_git(work).write_text(f"gitdir: {private}/.git/worktrees/tree\n")


def a_common_folder(work: Path, private: Path) -> None:
    (work / ".git/commondir").write_text(f"{private}/.git\n")
    (work / ".git/HEAD").write_bytes((private / ".git/HEAD").read_bytes())


def linked(*names: str) -> Callable[[Path, Path], None]:
    def link(work: Path, private: Path) -> None:
        for name in names:
            place = work / ".git" / name
            shutil.rmtree(place) if place.is_dir() else place.unlink()
            place.symlink_to(private / ".git" / name)

    return link


def alternates(line: str) -> Callable[[Path, Path], None]:
    def name(work: Path, private: Path) -> None:
        head = subprocess.check_output(["git", "-C", str(private), "rev-parse", "HEAD"], text=True)
        (work / ".git/objects/info").mkdir(exist_ok=True)
        (work / ".git/objects/info/alternates").write_text(line.format(f"{private}/.git/objects"))
        (work / ".git/HEAD").write_text(head)

    return name


POINTERS = {
    "a link": a_link,
    "a file": a_file,
    "a work tree of nobody": a_work_tree_of_nobody,
    "another work tree": another_work_tree,
    "a common folder": a_common_folder,
    "linked objects": linked("objects", "refs", "HEAD", "index"),
    "linked folders": linked("objects", "refs/heads", "HEAD"),
    "linked index": linked("index"),
    "alternates": alternates("{}\n"),
    "alternates in quotes": alternates('"{}"\n'),
    "alternates by a relative path": alternates("../../../private/.git/objects"),
}


@pytest.mark.parametrize("point", POINTERS.values(), ids=POINTERS.keys())
def test_nothing_is_told_of_a_repository_that_the_workspace_points_to(
    work: Path, private: Path, point: Callable[[Path, Path], None]
) -> None:
    point(work, private)
    assert read_revision(work) == Revision()


def test_a_linked_work_tree_is_asked(work: Path) -> None:
    git(work, "worktree", "add", "-q", "-b", "side", str(work.parent / "tree"))
    assert read_revision(work.parent / "tree") == Revision("side", ("Add the till",))
    assert read_revision(work).branch == "branch-of-work"


def test_a_submodule_is_asked(work: Path, private: Path) -> None:
    git(work, "submodule", "add", "-q", str(private), "sub")
    assert read_revision(work / "sub").subjects == ("Secret plan",)


def test_a_workspace_that_is_opened_by_a_link_is_its_own(work: Path) -> None:
    (work.parent / "alias").symlink_to(work)
    assert read_revision(work.parent / "alias").subjects == ("Add the till",)


def test_links_and_alternates_that_stay_inside_are_no_pointers(work: Path) -> None:
    (work / ".git/objects/info").mkdir(exist_ok=True)
    (work / ".git/objects/info/alternates").write_text("# none\nextra\n")
    (work / ".git/refs/heads/also").symlink_to("branch-of-work")
    (work / ".git/hooks/linked").symlink_to("../../hooks")
    assert read_revision(work).subjects == ("Add the till",)
