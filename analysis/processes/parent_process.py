"""Ending this process with the one that it works for, however that one ended and whatever is going on here.

The end of standard input is not enough: it is seen only when the next question is read, which may be late,
and not at all by a process that was stopped.
"""

import ctypes
import os
import select
import signal
import sys
import threading
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def end_with_parent(answers: int) -> None:
    """From now on, end when the thread that started us ends, or nobody reads the pipe ``answers`` any more.

    The first is Linux only. It needs no work of ours, so it also ends a process that is stopped.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(select, "poll"):
        threading.Thread(target=_end_with_pipe, args=(answers,), daemon=True).start()


def _end_with_pipe(answers: int) -> None:
    watch = select.poll()
    watch.register(answers, 0)  # that its other end was closed is told in any case
    watch.poll()
    os._exit(0)
