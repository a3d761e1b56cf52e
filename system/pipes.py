"""Wait for input from a pipe."""

import ctypes
import select
import time
from typing import BinaryIO

from holesmith.system.optional_module import optional_module

_POLL_S = 0.02


def has_input(pipe: BinaryIO, seconds: float) -> bool:
    """True if there is something to read, or the other end is closed, within ``seconds``.

    ``pipe`` must be unbuffered, because a buffer may hold input already.
    """
    if optional_module("fcntl") is not None:
        return bool(select.select([pipe], [], [], seconds)[0])
    end = time.monotonic() + seconds  # Windows selects sockets only
    while not _is_readable(pipe.fileno()):
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL_S)
    return True


def _is_readable(descriptor: int) -> bool:
    """True if there is input on Windows. An error means that the other end is closed, and counts as input."""
    msvcrt = optional_module("msvcrt")
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # type checkers know it on Windows only
    count = ctypes.c_ulong()
    handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))
    is_open = kernel.PeekNamedPipe(handle, None, 0, None, ctypes.byref(count), None)
    return not is_open or count.value > 0
