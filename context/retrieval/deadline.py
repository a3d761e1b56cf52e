"""Deadlines for work: by the processor time of the thread that works, and by the clock in the worst case.

On a busy machine a thread gets a fraction of the clock's time, and so does the model that needs the thread's
result. By the clock alone, context would be cut off just where waiting for it costs least.
"""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the time for a piece of work, in seconds; whichever of the two comes first counts.

    ``processor_s`` is by ``time.thread_time()`` of the thread that works, ``clock_s`` by
    ``time.monotonic()``.
    """

    processor_s: float
    clock_s: float

    @property
    def has_passed(self) -> bool:
        """True if the deadline has passed; to be asked only in the thread that made the deadline."""
        return time.thread_time() > self.processor_s or time.monotonic() > self.clock_s


def deadline_after(processor_ms: float, clock_ms: float) -> Deadline:
    """Return a deadline that many milliseconds from now, for work in this thread."""
    return Deadline(time.thread_time() + processor_ms / 1000, time.monotonic() + clock_ms / 1000)
