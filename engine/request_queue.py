"""The queue of requests that wait for an engine's thread, the oldest first.

Invariant: a removed request leaves the queue at once, so only live requests count against the limit.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class RequestQueue(Generic[T]):
    """A queue whose items may be removed again. May be used from any thread."""

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
        """Remove an item; False if it is not in the queue any more."""
        with self._changed:
            if item not in self._items:
                return False
            self._items.remove(item)
            return True

    def close(self) -> None:
        """Wake all threads that wait in ``get``; nothing more can be put in. May be called more than once."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def drain(self) -> list[T]:
        """Take out all items that still wait."""
        with self._changed:
            left = list(self._items)
            self._items.clear()
            return left
