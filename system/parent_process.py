"""End this process together with its parent, however the parent ended and whatever is running here.

The end of standard input is not enough: it is seen only when the next question is read, which may be late,
and a stopped process never sees it.
"""

import ctypes
import os
import select
import signal
import sys
import threading
from contextlib import suppress

# The number of this option in Linux's <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1


def end_with_parent(answers: int) -> None:
    """End this process when the thread that started it ends, or nobody reads the pipe ``answers`` any more.

    The first is Linux only. The kernel does it, so it also ends a process that is stopped.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(select, "poll"):
        threading.Thread(target=_end_with_pipe, args=(answers,), daemon=True).start()


def _end_with_pipe(answers: int) -> None:
    watch = select.poll()
    watch.register(answers, 0)  # poll reports a closed other end without being asked to
    watch.poll()
    os._exit(0)
