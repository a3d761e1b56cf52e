"""Write the log to standard error from a thread, so that a client that never reads it blocks nothing."""

import contextlib
import logging
import os
import threading
from collections import deque
from time import monotonic

LINES_MAX = 1_000


class StderrLog(logging.Handler):
    """A log handler that buffers at most `LINES_MAX` lines; one line then tells how many more were lost."""

    def __init__(self, descriptor: int = 2) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._unwritten: deque[str] = deque()
        self._lost = 0
        threading.Thread(target=self._run, name="stderr-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Buffer one line. Never blocks."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 # the format does not fit its arguments; logging goes on, too
            line = f"a log message could not be formatted: {record.msg!r}"
        with self._changed:
            if len(self._unwritten) >= LINES_MAX:
                self._lost += 1
            else:
                self._unwritten.append(line)
            self._changed.notify_all()

    def wait_until_written(self, seconds: float) -> None:
        """Block until all is written, or the time is up."""
        deadline = monotonic() + seconds
        with self._changed:
            while self._unwritten and (left := deadline - monotonic()) > 0:
                self._changed.wait(left)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._unwritten:
                    self._changed.wait()
                line = self._unwritten[0]
            with contextlib.suppress(OSError):  # the reader is gone, and so is the place to report it
                self._write(line)
            with self._changed:
                self._unwritten.popleft()
                if self._lost and len(self._unwritten) < LINES_MAX:
                    self._unwritten.append(
                        f"{self._lost} lines of the log were lost, because nobody read them"
                    )
                    self._lost = 0
                self._changed.notify_all()

    def _write(self, line: str) -> None:
        # Do not write with sys.stderr: code that flushes it would wait for the same reader.
        left = (line + "\n").encode("utf-8", "backslashreplace")
        while left:
            left = left[os.write(self._descriptor, left) :]
