"""Send data to the client from a thread, so that a client that does not read blocks nothing."""

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import BinaryIO

# More than any sound client leaves unread.
UNREAD_BYTES_MAX = 64 * 1024 * 1024


class ClientOutput:
    """The writer for pygls. It calls ``on_failure`` once, on any thread, with why it can send no more."""

    def __init__(self, sink: BinaryIO, on_failure: Callable[[str], None]) -> None:
        self._sink = sink
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._unsent: deque[bytes] = deque()
        self._unsent_bytes = 0
        self._has_failed = False
        threading.Thread(target=self._run, name="lsp-output", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Queue data for the client. Never blocks; after a failure the data is dropped."""
        with self._changed:
            if self._has_failed:
                return
            self._unsent.append(data)
            self._unsent_bytes += len(data)
            is_too_much = self._unsent_bytes > UNREAD_BYTES_MAX
            self._changed.notify_all()
        if is_too_much:
            self._fail(f"the client has left {UNREAD_BYTES_MAX // 1024**2} MiB unread")

    def close(self) -> None:
        """Do nothing: the caller that made the stream closes it."""

    def wait_until_sent(self, seconds: float) -> None:
        """Block until all is written, writing has failed, or the time is up."""
        deadline = monotonic() + seconds
        with self._changed:
            while self._unsent and (left := deadline - monotonic()) > 0:
                self._changed.wait(left)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._unsent:
                    self._changed.wait()
                data = self._unsent[0]
            try:
                self._sink.write(data)
                self._sink.flush()
            except (OSError, ValueError) as error:  # ValueError: the stream is closed
                self._fail(f"the client no longer reads: {error}")
                return
            with self._changed:
                if self._has_failed:
                    return
                self._unsent.popleft()
                self._unsent_bytes -= len(data)
                self._changed.notify_all()

    def _fail(self, reason: str) -> None:
        with self._changed:
            if self._has_failed:
                return
            self._has_failed = True
            self._unsent.clear()
            self._changed.notify_all()
        self._on_failure(reason)
