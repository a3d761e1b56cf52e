"""The end of the process where nothing else brings it about."""

import os
import signal
import threading

# Longer than an orderly end takes that waits for a model, an analysis and a client to stop.
SECONDS = 8.0


def end_process_at_interrupt() -> None:
    """Let SIGINT end the process at once, as SIGTERM and SIGHUP do, whatever its threads do.

    Python would raise KeyboardInterrupt and then wait for the thread that reads from the client. Only for the
    main thread. Where the signal is ignored, as in a job in the background, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_process_soon(seconds: float = SECONDS) -> None:
    """End the process with code 1 after so long, whatever it does by then: an event loop may be blocked, a
    client that reads nothing may keep a stream from being written.
    """
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
