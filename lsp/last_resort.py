"""End the process when an orderly end is not possible."""

import os
import signal
import threading

# Longer than an orderly end takes, which waits for the model, for analysis and for the client.
SECONDS = 8.0


def end_process_at_interrupt() -> None:
    """Let SIGINT end the process at once, as SIGTERM and SIGHUP do, whatever its threads are doing.

    Without this Python raises KeyboardInterrupt and then waits for the thread that reads from the client.
    Call it from the main thread only. If SIGINT is ignored, as in a background job, it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_process_soon(seconds: float = SECONDS) -> None:
    """End the process with exit code 1 after ``seconds``, whatever it is doing then.

    The event loop may be blocked, or a write may wait for a client that does not read.
    """
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
