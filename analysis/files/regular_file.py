"""Read a file of an untrusted folder: only if it is a regular file, small enough, and where it should be.

A workspace can hold named pipes and devices, whose opening or reading never ends, links to private files
outside, and files of any size. All files of a workspace are read through here.

Whoever can write to the workspace can put a link in the place of a folder between any two steps of ours. So a
file is opened from its root downwards, one name after another, without following a link. On systems where
that can't be done, the path is checked and then opened.
"""

import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Absent on some systems, where nothing of the kind blocks.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
# To go through a folder, not to list it: on Linux that needs no more than the right to go through it.
_FOLDER_FLAGS = (
    getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_CAN_WALK = bool(_NO_FOLLOW) and {os.open, os.stat} <= os.supports_dir_fd


class UnreadableFileError(OSError):
    """A file that is not read. ``str`` of it is the reason in a few words, without the path."""


def read_regular_file(
    path: Path, bytes_max: int, *, root: Path | None = None, follow_links: bool = True
) -> bytes:
    """The whole content of the regular file at ``path``, without ever blocking.

    ``root`` is a folder in which the file must lie once all links are resolved; None allows any place.
    Without ``follow_links``, a path whose last part is a link is refused.

    Raises UnreadableFileError if there is no such file, it is not a regular one, has more than ``bytes_max``
    bytes, lies outside of ``root``, or may not be read.
    """
    with _told_in_words():
        if not follow_links and path.is_symlink():
            raise UnreadableFileError("a link")
        if root is None:
            return _read(str(path), bytes_max, 0 if follow_links else _NO_FOLLOW)
        return _read_below(*_resolved(path, root, follow_links=follow_links), bytes_max)


def read_without_links(root: Path, path: str, bytes_max: int) -> bytes:
    """The whole content of the regular file at ``path``, relative to ``root`` and with forward slashes.

    Nothing in ``path`` may be a link, nor ``..``; the root may be one. Raises as ``read_regular_file``.
    """
    with _told_in_words():
        names = path.split("/")
        if not {"", ".", ".."}.isdisjoint(names):
            raise UnreadableFileError("not a path")
        return _read_below(str(root), names, bytes_max)


@contextmanager
def _told_in_words() -> Generator[None]:
    try:
        yield
    except UnreadableFileError:
        raise
    except FileNotFoundError as error:
        raise UnreadableFileError("not there") from error
    except OSError as error:
        raise UnreadableFileError(error.strerror or "not readable") from error
    except RuntimeError as error:
        raise UnreadableFileError("links that go round in a circle") from error
    except ValueError as error:
        raise UnreadableFileError("not a path") from error


def regular_file_or_none(
    path: Path, bytes_max: int, *, root: Path | None = None, follow_links: bool = True
) -> bytes | None:
    """As ``read_regular_file``, with None in place of the error."""
    try:
        return read_regular_file(path, bytes_max, root=root, follow_links=follow_links)
    except UnreadableFileError:
        return None


def is_inside(path: Path, root: Path) -> bool:
    """Whether ``path`` lies in the folder ``root`` or is that folder, once all links of both are resolved.

    The file need not be there. False where a link goes round in a circle.
    """
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def _resolved(path: Path, root: Path, *, follow_links: bool) -> tuple[str, list[str]]:
    """The real place of the root, and the names below it that lead to the file.

    All are resolved, but the last only with ``follow_links``.
    """
    top = os.path.realpath(root)
    if follow_links:
        real = Path(os.path.realpath(path, strict=True))
    else:
        real = Path(os.path.realpath(path.parent, strict=True), path.name)
    if not real.is_relative_to(top):
        raise UnreadableFileError("outside of the workspace")
    return top, list(real.relative_to(top).parts)


def _read_below(top: str, names: Sequence[str], bytes_max: int) -> bytes:
    if not names:
        raise UnreadableFileError("not a regular file")
    if not _CAN_WALK:
        return _read(_checked(top, names), bytes_max, _NO_FOLLOW)
    folder = os.open(top, _FOLDER_FLAGS)
    try:
        for name in names[:-1]:
            inner = os.open(name, _FOLDER_FLAGS | _NO_FOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return _read(names[-1], bytes_max, _NO_FOLLOW, folder)
    finally:
        os.close(folder)


def _checked(top: str, names: Sequence[str]) -> str:
    """The path, found to have no link in it just now: all that can be had where folders can't be opened."""
    place = Path(os.path.realpath(top), *names)
    if Path(os.path.realpath(place)) != place:
        raise UnreadableFileError("a link")
    return str(place)


def _read(path: str, bytes_max: int, flags: int, folder: int | None = None) -> bytes:
    """``path`` is relative to the open ``folder``, if one is given."""
    # Asked before opening too: to open a device can have effects of its own.
    status = os.stat(path, dir_fd=folder, follow_symlinks=not flags)
    _require_regular(status, bytes_max)
    descriptor = os.open(path, _OPEN_FLAGS | flags, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        _require_regular(os.fstat(descriptor), bytes_max)
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise UnreadableFileError("too large")
    return data


def _require_regular(status: os.stat_result, bytes_max: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFileError("not a regular file")
    if status.st_size > bytes_max:
        raise UnreadableFileError("too large")
