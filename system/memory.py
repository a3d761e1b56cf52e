"""How much memory this process has, a limit on it, and giving back what is free.

Text that others wrote must not take all that the machine has.
"""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from holesmith.system.optional_module import optional_module

_resource = optional_module("resource")


def limit_memory(bytes_max: int) -> None:
    """Let the address space of this process grow to ``bytes_max`` at most, where the system can bound it.

    Windows can't.
    """
    if _resource is not None:
        with suppress(ValueError, OSError):
            hard = _resource.getrlimit(_resource.RLIMIT_AS)[1]
            _resource.setrlimit(_resource.RLIMIT_AS, (bytes_max, hard))


def resident_bytes() -> int:
    """Resident memory now, or its peak where the system tells only that; 0 on Windows."""
    if _resource is None:
        return 0
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * _resource.getpagesize()
    except OSError:
        peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def release_free_memory() -> None:
    """Give what is free in this process back to the system. Does nothing where the C library is not glibc.

    glibc keeps memory that was freed between two blocks in use, in a heap for each thread: after a large
    document was open, a hundred megabytes and more. Takes some milliseconds, without the interpreter's lock.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def physical_bytes() -> int:
    """All the memory that the machine has; on Windows what programs can have of it now."""
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # type checkers know it on Windows only
    kernel.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.physical_available)


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_: ClassVar = [
        ("length", ctypes.c_uint32),
        ("load_percent", ctypes.c_uint32),
        ("physical_total", ctypes.c_uint64),
        ("physical_available", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    ]
