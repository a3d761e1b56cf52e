"""Tell whether a repository is the workspace's own, or only a pointer to another one on this machine.

A workspace can come with a ``.git`` that is a link, a file with a path, or a folder with links and alternates
in it. Git follows all of these, and then reports the commits and changes of the repository that they lead to,
which may be any that the user may read. So a repository outside of the workspace counts only if it names the
workspace in turn, as a linked work tree and a submodule do.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from holesmith.analysis.files.regular_file import UnreadableFileError, read_regular_file
from holesmith.context.git import Repository, setting_of

ENTRIES_MAX = 200_000
"""The largest number of entries of one repository that are looked at; one with more counts as foreign."""
# Bytes of a file that names another place; a larger one counts as foreign.
_FILE_BYTES_MAX = 100_000
_FILES = ("head", "index", "packed-refs", "config", "shallow", "commondir", "gitdir")
_FOLDERS = ("objects", "refs", "reftable")
_SHARED_INDEX = "sharedindex."


def is_own(repository: Repository) -> bool:
    """True if nothing in the repository leads to a repository that does not know the workspace."""
    try:
        return _is_in_place(repository) and not any(
            _leads_away(place) for place in {repository.git, repository.common}
        )
    except (OSError, ValueError, RuntimeError):
        return False


def _is_in_place(repository: Repository) -> bool:
    """True if git's folder belongs to these files, by its place or by the path that it names itself."""
    dot_git = repository.top / ".git"
    git, common = _real(repository.git), _real(repository.common)
    if dot_git.is_symlink() or (git != common and git.parent.parent != common):
        return False
    if git == _real(repository.top) / ".git":
        return git == common
    if git != common:  # a linked work tree
        back = _text(git / "gitdir")
        return back is not None and _real(git / back) == _real(dot_git)
    if git.is_relative_to(_real(repository.top)):
        return True
    files = setting_of(repository, "core.worktree", "path")  # a submodule
    return files is not None and _real(git / files) == _real(repository.top)


def _leads_away(git: Path) -> bool:
    """True if a link or a list of alternates in git's folder leads out of it."""
    top = _real(git)
    for count, entry in enumerate(_entries(top)):
        if count >= ENTRIES_MAX:
            return True
        if entry.is_symlink() and not _real(Path(entry.path)).is_relative_to(top):
            return True
        if entry.name.casefold().endswith("alternates") and _names_others(Path(entry.path), top / "objects"):
            return True
    return False


def _entries(top: Path) -> Iterator["os.DirEntry[str]"]:
    """Yield the entries of git's folder that commits, changes and branches are read from."""
    pending = [top]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if folder == top and not _is_read(entry.name.casefold()):
                    continue
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))


def _is_read(name: str) -> bool:
    return name in _FILES or name in _FOLDERS or name.startswith(_SHARED_INDEX)


def _names_others(alternates: Path, objects: Path) -> bool:
    text = _text(alternates)
    if text is None:
        return True
    named = [line for line in text.split("\n") if line and not line.startswith("#")]
    # Git unquotes a line in quotes, and shortens ``..`` without looking at links.
    is_plain = not any(line.startswith('"') or ".." in line for line in named)
    return not is_plain or any(not _real(objects / line).is_relative_to(objects) for line in named)


def _text(path: Path) -> str | None:
    """Return the file's text without the end of its last line; None if the file can't be read."""
    try:
        return os.fsdecode(read_regular_file(path, _FILE_BYTES_MAX)).rstrip("\r\n")
    except UnreadableFileError:
        return None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
