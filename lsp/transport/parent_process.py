"""Whether the process that started the server still lives."""

import os
import select
import sys
import threading
import time
from collections.abc import Callable

PERIOD_SECONDS = 2.0


def watch(process_id: int, on_gone: Callable[[], None]) -> None:
    """Call ``on_gone`` once, on a thread of its own, when the process has ended or where there is none.

    A thread, because the event loop may be busy just then. On Windows nothing is watched: there the end of
    the stream has to do.
    """
    if sys.platform != "win32":  # where signal 0 is Ctrl-C
        threading.Thread(target=_wait, args=(process_id, on_gone), name="parent", daemon=True).start()


def _wait(process_id: int, on_gone: Callable[[], None]) -> None:
    wait_until_gone(process_id)
    on_gone()


def wait_until_gone(process_id: int) -> None:
    """Return when there is no such process. One that is dead but that nobody has asked about is gone."""
    try:
        descriptor = os.pidfd_open(process_id)  # of this process and no later one with its number
    except (ProcessLookupError, OverflowError):
        return
    except (AttributeError, OSError):  # not on this system, or not of this process
        while _is_alive(process_id):
            time.sleep(PERIOD_SECONDS)
        return
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        ended.poll()
    finally:
        os.close(descriptor)


def _is_alive(process_id: int) -> bool:
    """A process of another user lives, too."""
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
