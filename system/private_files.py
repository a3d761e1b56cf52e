"""Create folders and files that only this user may read and write: the cache and its contents.

The cache may hold private code of a workspace, and also machine code and packed weights, which nobody else
may change. So folders get mode 0700 and files 0600, also if an older version made them readable for others,
and a folder of another user is refused. On systems without POSIX owners, the user's own folders are as
private as the system makes them.
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
    """Raised if there is no folder for private files. Its message says in one line why, and what to do."""


def cache_folder() -> Path:
    """The folder of the cache: HOLESMITH_CACHE, or the system's folder for caches.

    The path is absolute, and need not exist. Raises NoPrivateFolderError if the user has no home, or if the
    variable names a relative path, which would lie in the workspace.
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


def is_shared_cache(cache: Path) -> bool:
    """True if the cache is the system's folder for the caches of all programs.

    HOLESMITH_CACHE may name it. A folder there with the name of another program, such as ``jedi``, is then of
    that program.
    """
    try:
        return cache.resolve() == Path(platformdirs.user_cache_dir()).resolve()
    except (OSError, RuntimeError):  # a loop of links, or a user without a home
        return False


def private_cache_folder(*names: str) -> Path:
    """Make a private folder in the cache, such as ``("index", "shop-1f2e")``, and return its path.

    Raises the errors of `cache_folder` and `make_private_folder`.
    """
    cache = cache_folder()
    folder = cache.joinpath(*names)
    make_private_folder(folder, _above_cache(cache))
    return folder


def make_folder_of_cache(folder: Path) -> None:
    """Make a private folder directly in the cache. Raises the errors of `make_private_folder`."""
    make_private_folder(folder, _above_cache(folder.parent))


def make_private_folder(folder: Path, above: Path | None = None) -> None:
    """Make ``folder`` private. Create it first, and all folders above it, if they are missing.

    The folders between ``above`` and ``folder`` are ours too, and become private. ``above`` itself stays as
    it is, because it may hold other files. If ``above`` is None, only ``folder`` is ours.

    Raises NoPrivateFolderError if ``above`` or one of our folders belongs to another user, and OSError if the
    folder can't be made.
    """
    above = folder.parent if above is None else above
    _make_missing(above)
    _require_owner(above, or_root=True)
    ours = [folder, *folder.parents]
    for own_folder in reversed(ours[: ours.index(above)]):
        _make_missing(own_folder)
        _require_owner(own_folder)
        _set_mode(own_folder, FOLDER_MODE)


def open_private_file(path: Path) -> BinaryIO:
    """Open a file for reading and writing, and make it private. Create it empty if it is missing.

    Raises NoPrivateFolderError if it is a link, no regular file, or of another user, and OSError like
    ``open``.
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
    """Make a file private, as `open_private_file` does, for a library that opens it, such as SQLite."""
    open_private_file(path).close()


def require_own_file(path: Path) -> None:
    """Raise NoPrivateFolderError if the file belongs to another user, and OSError if there is no file."""
    _check_owner(path, path.stat(), or_root=False)


def open_private(path: str, flags: int) -> int:
    """An opener for ``open(…, opener=…)`` that creates files for their user alone, whatever the umask."""
    return os.open(path, flags, FILE_MODE)


def is_private_file(path: Path) -> bool:
    """True if a file in a folder of the cache can be trusted: no other user may have written it."""
    folder, cache = path.parent, path.parent.parent
    try:
        _require_owner(_above_cache(cache), or_root=True)
    except OSError:
        return False
    is_cache_ours = bool(os.environ.get(CACHE_VARIABLE)) or is_own_folder(cache)
    return is_cache_ours and is_own_folder(folder) and is_own_file(path)


def is_own_folder(folder: Path) -> bool:
    """True if a folder belongs to the user, and nobody else may write to it."""
    try:
        _require_owner(folder)
        return not _may_others_write(folder.stat())
    except OSError:
        return False


def is_writable(folder: Path | None) -> bool:
    """True if files can be made in a folder; None is no folder."""
    return folder is not None and folder.is_dir() and os.access(folder, os.W_OK)


def is_own_file(path: Path) -> bool:
    """True if this is a regular file of the user, no link, and nobody else may write to it."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and _is_own(status) and not _may_others_write(status)


def _above_cache(cache: Path) -> Path:
    """The innermost folder that is not ours: HOLESMITH_CACHE, which may hold other files, or the parent."""
    return cache if os.environ.get(CACHE_VARIABLE) else cache.parent


def _make_missing(folder: Path) -> None:
    for parent in reversed([folder, *folder.parents]):
        if not parent.exists():
            parent.mkdir(FOLDER_MODE, exist_ok=True)


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


def _is_own(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _may_others_write(status: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _set_mode(path: Path, mode: int) -> None:
    """Set the mode, but only if others have any access now; a stricter mode stays."""
    if hasattr(os, "geteuid") and path.stat().st_mode & 0o077:
        path.chmod(mode)
