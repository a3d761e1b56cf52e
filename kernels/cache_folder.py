"""The user's folder for caches, and which files in it may be used as they are: machine code, packed weights.

Whoever may write to such a file decides what we run or compute. So a folder for them is the user's and nobody
else may enter it, and a file is the user's and nobody else may write to it. On systems without owners of this
kind, the user's own folders are as private as the system makes them.
"""

import errno
import os
import stat
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "HOLESMITH_CACHE"
FOLDER_MODE = 0o700
FILE_MODE = 0o600


def cache_folder() -> Path | None:
    """Where everything that can be made anew is kept: HOLESMITH_CACHE, or the system's place for caches.

    None where that is no absolute path, or the user has no home: a relative one would lie in the workspace.
    """
    try:
        folder = Path(
            os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("holesmith", appauthor=False)
        )
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def make_private_folder(folder: Path) -> None:
    """Make a folder of the cache, with all that is missing above it; afterwards only its user may enter it.

    The cache's own folder becomes private too, unless HOLESMITH_CACHE names it: that one may be there for
    other things. Raises OSError if one of them can't be made or belongs to another user.
    """
    cache, is_named = folder.parent, bool(os.environ.get(CACHE_VARIABLE))
    cache.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    _require_owner(cache, or_root=is_named)
    if not is_named:
        _close_to_others(cache)
    folder.mkdir(FOLDER_MODE, exist_ok=True)
    _require_owner(folder)
    _close_to_others(folder)


def is_private_file(path: Path) -> bool:
    """Whether a file of a folder of the cache may be used as it is: no other user may have written it."""
    folder, cache = path.parent, path.parent.parent
    if os.environ.get(CACHE_VARIABLE):
        try:
            _require_owner(cache, or_root=True)
        except OSError:
            return False
    elif not is_own_folder(cache):
        return False
    return is_own_folder(folder) and is_own_file(path)


def is_own_folder(folder: Path) -> bool:
    """Whether a folder is the user's own, and nobody else may put files there."""
    try:
        _require_owner(folder)
        return not _may_others_write(folder.stat())
    except OSError:
        return False


def is_own_file(path: Path) -> bool:
    """Whether a file is a regular one of the user's own, no link, and nobody else may write to it."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and _is_own(found) and not _may_others_write(found)


def open_private(path: str, flags: int) -> int:
    """For ``open(…, opener=…)``: a file that is made is for its user alone, whatever the umask."""
    return os.open(path, flags, FILE_MODE)


def _require_owner(folder: Path, *, or_root: bool = False) -> None:
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", str(folder))
    for each in (found, folder.lstat()):  # a link is as good as who made it and what it leads to
        if not _is_own(each) and not (or_root and each.st_uid == 0):
            raise PermissionError(errno.EPERM, f"belongs to another user (id {each.st_uid})", str(folder))


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _may_others_write(found: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _close_to_others(folder: Path) -> None:
    """Only where others may do something with it: a stricter mode stays."""
    if hasattr(os, "geteuid") and folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
