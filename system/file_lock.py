"""Lock an open file. The lock ends with the process that holds it, however that process ends.

POSIX systems use ``flock``. Windows locks one byte far behind the end of any file, because there no other
process could read a byte that is locked.
"""

import os
import time
from typing import Protocol

from holesmith.system.optional_module import optional_module

_fcntl = optional_module("fcntl")
_LOCKED_BYTE = 1 << 40
_RETRY_S = 0.05


class _File(Protocol):
    def fileno(self) -> int: ...


def lock_file(file: _File) -> None:
    """Wait until no other process holds the lock of the file, and take it. Closing the file releases it."""
    if _fcntl is not None:
        _fcntl.flock(file, _fcntl.LOCK_EX)
        return
    while True:
        try:
            _lock_byte(file.fileno())
            return
        except BlockingIOError:
            time.sleep(_RETRY_S)


def try_lock_file(file: _File) -> None:
    """Take the lock of the file. Raises BlockingIOError if any process holds it already."""
    if _fcntl is not None:
        _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    else:
        _lock_byte(file.fileno())


def _lock_byte(descriptor: int) -> None:
    msvcrt = optional_module("msvcrt")
    if msvcrt is None:
        return  # a system with neither kind of lock runs only one of our processes
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except PermissionError as error:
        raise BlockingIOError(error.errno, "the file is locked") from None
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)
