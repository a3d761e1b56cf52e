"""The directories in which a pull collects its files before they are moved into the store as a whole.

Invariants: a staging directory is only touched by the process that holds the model's lock; a file in
``directory`` may be half written after a crash, so it is not trusted before its hash was checked.
"""

import errno
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from holesmith.engine.errors import DownloadError

# Called with the bytes present and the bytes of the whole model; never goes backwards within a source.
Progress = Callable[[int, int], None]

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SourceError(DownloadError):
    """One source cannot deliver the model; another one may. The message is a clause, not a sentence."""


@dataclass(frozen=True, slots=True)
class Staging:
    """The directories of one pull into the store ``root``.

    ``directory`` becomes the model, ``scratch`` is deleted afterwards; both are on the disk of the store.
    """

    root: Path
    directory: Path
    scratch: Path
    progress: Progress


def require_space(root: Path, bytes_needed: int) -> None:
    """Raise DownloadError unless the disk of the store ``root`` has room for that many more bytes."""
    bytes_free = shutil.disk_usage(root).free
    if bytes_free < bytes_needed:
        raise DownloadError(
            f"{gigabytes(bytes_needed)} are needed in {root} but only {gigabytes(bytes_free)} are free: "
            "free some space, or set HOLESMITH_MODELS to a directory on a larger disk"
        )


@contextmanager
def plain_disk_errors(root: Path) -> Generator[None]:
    """Turn an error of the file system below the store ``root`` into a DownloadError with the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DownloadError(
                f"the disk of {root} is full: free some space and pull again; what was fetched is kept"
            ) from error
        raise DownloadError(
            f"cannot write to {root} ({error.strerror}): set HOLESMITH_MODELS to another directory"
        ) from error


def flush_tree(directory: Path) -> None:
    """Return once all files below ``directory``, and their names, are on the disk itself."""
    for path in directory.rglob("*"):
        _flush(path)
    _flush(directory)


def flush_directory(directory: Path) -> None:
    """Return once the names in ``directory`` are on the disk itself."""
    _flush(directory)


def gigabytes(size_bytes: int) -> str:
    """Write a size for people: "0.49 GB"."""
    return f"{size_bytes / 1e9:.2f} GB"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
