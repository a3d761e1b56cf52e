"""The end of the process where nothing else brings it about."""

import os
import threading

# Longer than an orderly end takes that waits for a model, an analysis and a client to stop.
SECONDS = 8.0


def end_process_soon(seconds: float = SECONDS) -> None:
    """End the process with code 1 after so long, whatever it does by then: an event loop may be blocked, a
    client that reads nothing may keep a stream from being written.
    """
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
