"""Measure and limit the memory of this process, and release memory that is free.

The limit keeps untrusted text from using up all memory of the machine.
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
    """Limit the address space of this process to ``bytes_max``. Does nothing on Windows."""
    if _resource is not None:
        with suppress(ValueError, OSError):
            hard = _resource.getrlimit(_resource.RLIMIT_AS)[1]
            _resource.setrlimit(_resource.RLIMIT_AS, (bytes_max, hard))


def resident_bytes() -> int:
    """The resident memory of this process, or its peak if the system tells only that; 0 on Windows."""
    if _resource is None:
        return 0
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * _resource.getpagesize()
    except OSError:
        peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def release_free_memory() -> None:
    """Return free memory of this process to the system. Does nothing if the C library is not glibc.

    glibc keeps freed memory between blocks in use, in a heap for each thread; after a large document was
    open, that can be more than a hundred megabytes. The call takes some milliseconds, without the GIL.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def physical_bytes() -> int:
    """All memory of the machine, in bytes; on Windows the memory that is available now."""
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
