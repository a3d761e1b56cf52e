"""Read a file of an untrusted folder: only if it is a regular file, small enough, and where it should be.

A workspace can hold named pipes and devices, whose opening or reading never ends, links to private files
outside, and files of any size. All files of a workspace are read through this module.

Anybody who can write to the workspace can replace a folder by a link between any two steps of ours. So a file
is opened from its root downwards, one name after another, without following a link. On systems that can't do
that, the path is checked and then opened.
"""

import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Some systems lack these flags; there, opening such a file does not block.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
# Enough to go through a folder, not to list it: on Linux that needs only the right to go through it.
_FOLDER_FLAGS = (
    getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_CAN_WALK = bool(_NO_FOLLOW) and {os.open, os.stat} <= os.supports_dir_fd


class UnreadableFileError(OSError):
    """The error of a file that is not read. Its ``str`` is the reason in a few words, without the path."""


def read_regular_file(
    path: Path, bytes_max: int, *, root: Path | None = None, follow_links: bool = True
) -> bytes:
    """Return the whole content of the regular file at ``path``, without ever blocking.

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
    """Return the whole content of the regular file at ``path``, a path below ``root`` with forward slashes.

    No part of ``path`` may be a link or ``..``; the root may be a link. Raises UnreadableFileError as
    ``read_regular_file`` does.
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
    """Do the same as ``read_regular_file``, but return None in place of the error."""
    try:
        return read_regular_file(path, bytes_max, root=root, follow_links=follow_links)
    except UnreadableFileError:
        return None


def is_inside(path: Path, root: Path) -> bool:
    """True if ``path`` lies in the folder ``root`` or is that folder, once all links of both are resolved.

    The file need not exist. False for links that form a loop.
    """
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def _resolved(path: Path, root: Path, *, follow_links: bool) -> tuple[str, list[str]]:
    """Return the real path of the root, and the names below the root that lead to the file.

    All links are resolved; that of the last name only with ``follow_links``.
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
    """Return the path after checking that no part of it is a link.

    Systems that can't open folders allow no more.
    """
    place = Path(os.path.realpath(top), *names)
    if Path(os.path.realpath(place)) != place:
        raise UnreadableFileError("a link")
    return str(place)


def _read(path: str, bytes_max: int, flags: int, folder: int | None = None) -> bytes:
    """Read the file at ``path``, relative to the open ``folder`` if one is given."""
    # Checked before opening too, because opening a device can have effects of its own.
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
