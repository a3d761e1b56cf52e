"""Watch the process that started the server, and report its end."""

import os
import select
import sys
import threading
import time
from collections.abc import Callable

PERIOD_SECONDS = 2.0


def watch(process_id: int, on_gone: Callable[[], None]) -> None:
    """Call ``on_gone`` once, on a new thread, when the process has ended or if it does not exist.

    A thread is used because the event loop may be busy then. On Windows this does nothing: the server ends
    when the client's stream ends.
    """
    if sys.platform != "win32":  # on Windows signal 0 is Ctrl-C
        threading.Thread(target=_wait, args=(process_id, on_gone), name="parent", daemon=True).start()


def _wait(process_id: int, on_gone: Callable[[], None]) -> None:
    wait_until_gone(process_id)
    on_gone()


def wait_until_gone(process_id: int) -> None:
    """Block until there is no such process. A zombie process counts as gone."""
    try:
        descriptor = os.pidfd_open(process_id)  # stays this process, even if its number is used again
    except (ProcessLookupError, OverflowError):
        return
    except (AttributeError, OSError):  # unknown to this system, or not permitted
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
    """True if the process exists, also if it belongs to another user."""
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
