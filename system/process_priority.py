"""Lower the priority of background work, so that it does not slow down the user's typing."""

import ctypes
import os
import sys
from contextlib import suppress

_BELOW_NORMAL_PRIORITY_CLASS = 0x4000


def lower_priority(niceness: int) -> None:
    """Lower the priority of this process by ``niceness`` (POSIX), or to below normal on Windows."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(niceness)
    elif hasattr(ctypes, "windll"):
        kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # type checkers know it on Windows only
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)


def use_batch_scheduling() -> None:
    """Keep the calling thread, when it wakes up, from preempting a thread that decodes. Linux only.

    The calling thread still gets a core within a few milliseconds. A decoding thread that is preempted in a
    matrix product would hold up the other decoding threads.
    """
    if sys.platform == "linux" and hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
