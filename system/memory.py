"""Giving free memory back to the system."""

import ctypes
import sys
from contextlib import suppress


def release_free_memory() -> None:
    """Give what is free in this process back to the system. Does nothing where the C library is not glibc.

    glibc keeps memory that was freed between two blocks in use, in a heap for each thread: after a large
    document was open, a hundred megabytes and more. Takes some milliseconds, without the interpreter's lock.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
