"""Read a file of an untrusted folder: only if it is a regular file, small enough, and where it should be.

A workspace can hold named pipes and devices, whose opening or reading never ends, links to private files
outside, and files of any size. All files of a workspace are read through here.
"""

import os
import stat
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
    if not follow_links and path.is_symlink():
        raise UnreadableFileError("a link")
    try:
        place = path if root is None else _inside(path, root)
        return _read(place, bytes_max, 0 if root is None and follow_links else _NO_FOLLOW)
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


def _inside(path: Path, root: Path) -> Path:
    resolved = path.resolve(strict=True)
    if not resolved.is_relative_to(root.resolve()):
        raise UnreadableFileError("outside of the workspace")
    return resolved


def _read(path: Path, bytes_max: int, flags: int) -> bytes:
    # Asked before opening too: to open a device can have effects of its own.
    _require_regular(os.stat(path, follow_symlinks=not flags), bytes_max)  # noqa: PTH116  # may be a link
    descriptor = os.open(path, _OPEN_FLAGS | flags)
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
