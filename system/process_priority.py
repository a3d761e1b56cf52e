"""Giving way to other processes: work in the background must not be felt at the keyboard."""

import ctypes
import os
import sys
from contextlib import suppress

_BELOW_NORMAL_PRIORITY_CLASS = 0x4000


def lower_priority(niceness: int) -> None:
    """Run only when others leave time. ``niceness`` is that of POSIX; Windows has one step below normal."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(niceness)
    elif hasattr(ctypes, "windll"):
        kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # type checkers know it on Windows only
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)


def use_batch_scheduling() -> None:
    """Have the system, where it can, not take a core from a thread that decodes as soon as a question comes.

    It gets one within a few milliseconds all the same; a thread that is stopped in the middle of a product
    holds up the others. Linux only.
    """
    if sys.platform == "linux" and hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
