"""Send events as lines of JSON on a pipe, without ever waiting for the reader."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import BinaryIO

# Events that wait to be sent, and seconds that a flush waits.
EVENTS_MAX = 1_000
FLUSH_S_MAX = 1.0


class EventStream:
    """Sends events on a thread of its own; of more than EVENTS_MAX that wait, the oldest are dropped."""

    def __init__(self, sink: BinaryIO, on_broken: Callable[[], None]) -> None:
        """``on_broken`` is called on that thread when nobody can read any more."""
        self._sink = sink
        self._on_broken = on_broken
        self._waiting: deque[bytes] = deque(maxlen=EVENTS_MAX)
        self._changed = threading.Condition()
        self._is_writing = False
        threading.Thread(target=self._write, name="events", daemon=True).start()

    def send(self, event: Mapping[str, object]) -> None:
        """Queue an event; never waits."""
        line = json.dumps(event).encode() + b"\n"
        with self._changed:
            self._waiting.append(line)
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything is written, but at most FLUSH_S_MAX."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._is_writing, FLUSH_S_MAX)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._waiting))
                line = self._waiting.popleft()
                self._is_writing = True
            try:
                self._sink.write(line)
                self._sink.flush()
            except (OSError, ValueError):
                self._on_broken()
                return
