"""The requests that wait for an engine's thread, the oldest first.

Invariant: a request that was taken back is gone at once, so only live requests count against the limit.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class RequestQueue(Generic[T]):
    """A queue whose items may be taken back. May be used from any thread."""

    def __init__(self, length_max: int) -> None:
        self._length_max = length_max
        self._items: deque[T] = deque()
        self._is_closed = False
        self._changed = threading.Condition()

    def put(self, item: T) -> bool:
        """Append an item; False if the queue is full or closed."""
        with self._changed:
            if self._is_closed or len(self._items) >= self._length_max:
                return False
            self._items.append(item)
            self._changed.notify()
            return True

    def get(self) -> T | None:
        """Wait for an item and take it out; None as soon as the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._items)
            return None if self._is_closed else self._items.popleft()

    def remove(self, item: T) -> bool:
        """Take an item back; False if it does not wait here any more."""
        with self._changed:
            if item not in self._items:
                return False
            self._items.remove(item)
            return True

    def close(self) -> None:
        """Wake who waits in ``get``; nothing more can be put in. May be called more than once."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def drain(self) -> list[T]:
        """Take out everything that still waits."""
        with self._changed:
            left = list(self._items)
            self._items.clear()
            return left
