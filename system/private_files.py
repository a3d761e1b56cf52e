"""Folders and files that only this user may read and write: the user's cache, and what is kept in it.

What is kept of a workspace may be private code, and whoever may write to kept machine code or packed weights
decides what we run or compute. So folders are 0700 and files 0600, also where an older version made them
readable for others, and a folder that belongs to another user is refused. On systems without owners of this
kind, the user's own folders are as private as the system makes them.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

import platformdirs

CACHE_VARIABLE = "HOLESMITH_CACHE"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_FILE_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class NoPrivateFolderError(OSError):
    """There is no folder for private files; ``str`` of it is one line that says why and what to do."""


def cache_folder() -> Path:
    """Where everything that can be made anew is kept: HOLESMITH_CACHE, or the system's place for caches.

    An absolute path, which need not exist. Raises NoPrivateFolderError if the user has no home, or the
    variable names no absolute path: a relative one would lie in the workspace.
    """
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        if not Path(named).is_absolute():
            raise NoPrivateFolderError(f"{CACHE_VARIABLE}={named} is not an absolute path; set it to one")
        return Path(named)
    try:
        folder = Path(platformdirs.user_cache_dir("holesmith", appauthor=False))
    except RuntimeError:
        folder = None
    if folder is None or not folder.is_absolute():
        raise NoPrivateFolderError(
            f"there is no folder for caches, because this user has no home; set {CACHE_VARIABLE} or HOME"
        )
    return folder


def private_cache_folder(*names: str) -> Path:
    """The folder ``names`` of the cache, such as ``("index", "shop-1f2e")``, made if need be, and private.

    Raises as ``cache_folder`` and ``make_private_folder``.
    """
    cache = cache_folder()
    folder = cache.joinpath(*names)
    make_private_folder(folder, _above_cache(cache))
    return folder


def make_folder_of_cache(folder: Path) -> None:
    """Make ``folder``, which lies directly in the cache, if need be, and private. Raises as the one above."""
    make_private_folder(folder, _above_cache(folder.parent))


def make_private_folder(folder: Path, above: Path | None = None) -> None:
    """Make ``folder`` with all that is missing above it, or take it as it is; afterwards it is private.

    The folders between ``above`` and ``folder`` are ours like it and become private too; ``above`` itself is
    left as it is, since it may hold other things. None means that only ``folder`` is ours.

    Raises NoPrivateFolderError if one of ours, or ``above``, belongs to another user, and OSError if the
    folder can't be made.
    """
    above = folder.parent if above is None else above
    _make_missing(above)
    _require_owner(above, or_root=True)
    ours = [folder, *folder.parents]
    for each in reversed(ours[: ours.index(above)]):
        _make_missing(each)
        _require_owner(each)
        _set_mode(each, FOLDER_MODE)


def open_private_file(path: Path) -> BinaryIO:
    """Open for reading and writing, made empty if it is not there; afterwards it is private.

    Raises NoPrivateFolderError if it is a link, no regular file, or another user's, and OSError as ``open``.
    """
    if path.is_symlink():
        raise NoPrivateFolderError(f"{path} is a link; remove it")
    descriptor = os.open(path, _FILE_FLAGS, FILE_MODE)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoPrivateFolderError(f"{path} is not a regular file; remove it")
        _check_owner(path, status, or_root=False)
        _set_mode(path, FILE_MODE)
        return os.fdopen(descriptor, "r+b")
    except BaseException:
        os.close(descriptor)
        raise


def make_private_file(path: Path) -> None:
    """As ``open_private_file``, for a file that somebody else opens, such as a database."""
    open_private_file(path).close()


def require_own_file(path: Path) -> None:
    """Raises NoPrivateFolderError if the file at ``path`` is another user's, and OSError if there is none."""
    _check_owner(path, path.stat(), or_root=False)


def open_private(path: str, flags: int) -> int:
    """For ``open(…, opener=…)``: a file that is made is for its user alone, whatever the umask."""
    return os.open(path, flags, FILE_MODE)


def is_private_file(path: Path) -> bool:
    """Whether a file of a folder of the cache may be used as it is: no other user may have written it."""
    folder, cache = path.parent, path.parent.parent
    try:
        _require_owner(_above_cache(cache), or_root=True)
    except OSError:
        return False
    is_cache_ours = bool(os.environ.get(CACHE_VARIABLE)) or is_own_folder(cache)
    return is_cache_ours and is_own_folder(folder) and is_own_file(path)


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


def _above_cache(cache: Path) -> Path:
    """What is not ours any more: a folder that the user has named may be there for other things too."""
    return cache if os.environ.get(CACHE_VARIABLE) else cache.parent


def _make_missing(folder: Path) -> None:
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            each.mkdir(FOLDER_MODE, exist_ok=True)


def _require_owner(folder: Path, *, or_root: bool = False) -> None:
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NoPrivateFolderError(f"{folder} is not a folder; remove it")
    _check_owner(folder, status, or_root=or_root)
    _check_owner(folder, folder.lstat(), or_root=or_root)


def _check_owner(path: Path, status: os.stat_result, *, or_root: bool) -> None:
    if not _is_own(status) and not (or_root and status.st_uid == 0):
        raise NoPrivateFolderError(
            f"{path} belongs to another user (id {status.st_uid}), so nothing private is kept there;"
            f" set {CACHE_VARIABLE} to a folder of your own"
        )


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _may_others_write(found: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _set_mode(path: Path, mode: int) -> None:
    """Only where others may do something with it: a stricter mode stays."""
    if hasattr(os, "geteuid") and path.stat().st_mode & 0o077:
        path.chmod(mode)
