"""How long a piece of work may take: by the processor time it gets, and by the clock in the worst case.

On a busy machine a thread gets a fraction of the clock's time, and so does the model that its result is for:
by the clock alone, context would be cut off just where waiting for it costs least.
"""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """``processor_s`` is by ``time.thread_time()`` of the thread that works, ``clock_s`` by
    ``time.monotonic()``; whichever comes first counts.
    """

    processor_s: float
    clock_s: float

    @property
    def has_passed(self) -> bool:
        """To be asked in the thread that the deadline was made in."""
        return time.thread_time() > self.processor_s or time.monotonic() > self.clock_s


def deadline_after(processor_ms: float, clock_ms: float) -> Deadline:
    """From now, for work in this thread."""
    return Deadline(time.thread_time() + processor_ms / 1000, time.monotonic() + clock_ms / 1000)
