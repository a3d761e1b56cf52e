"""A file of weights that stays open and is read, not mapped, so that a cut-off file is an error and no crash.

Invariant: everything is read from the file that was opened, whatever file has its name later.
"""

import io
import os
import stat
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from holesmith.engine.errors import WeightsError
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


class OpenFile:
    """One regular file, open until nothing refers to this object any more. Safe for several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises WeightsError if it cannot be read or is a device, a pipe or a directory."""
        self.path = path
        try:
            self._file = io.FileIO(path, "r", opener=_open_at_once)
        except OSError as error:
            raise WeightsError(f"cannot read {path}: {error.strerror}") from error
        weakref.finalize(self, self._file.close)
        found = os.fstat(self._file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise WeightsError(f"cannot read {path}: it is not a regular file")
        self.size = found.st_size
        self._changed_ns = found.st_mtime_ns
        self._lock = threading.Lock()

    def check_unchanged(self) -> None:
        """Raise WeightsError if the content has changed since the file was opened.

        A file that was deleted or replaced under its name keeps its content for a process that has it open.
        """
        found = os.fstat(self._file.fileno())
        if (found.st_size, found.st_mtime_ns) != (self.size, self._changed_ns):
            raise WeightsError(f"{self.path} was changed while it was in use: restart to load it again")

    def read(self, start: int, count: int) -> Bytes:
        """Read ``count`` bytes from ``start`` on. Raises WeightsError if the file ends before."""
        found = np.empty(count, np.uint8)
        with self._lock:
            self._fill(found, start)
        return found

    def read_rows(self, start: int, row_bytes: int, rows: Sequence[int]) -> Bytes:
        """Read some rows of a table that begins at ``start``, neighbours together.  # [rows, row_bytes]"""
        found = np.empty((len(rows), row_bytes), np.uint8)
        with self._lock:
            for at, count in _runs(rows):
                self._fill(found[at : at + count].reshape(-1), start + rows[at] * row_bytes)
        return found

    def _fill(self, room: Bytes, start: int) -> None:
        view, done = room.data, 0
        try:
            self._file.seek(start)
            while done < len(view):
                count = self._file.readinto(view[done:])
                if not count:
                    raise WeightsError(f"{self.path} is truncated: pull the model again")
                done += count
        except OSError as error:
            raise WeightsError(f"cannot read {self.path}: {error.strerror}") from error


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without blocking: opening a pipe that nobody writes to would otherwise wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the start and the length of each run of consecutive numbers."""
    begin = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + 1:
            yield begin, at - begin
            begin = at
