"""A limit in time that interrupts whatever runs in the main thread of the worker."""

import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

RETRY_S = 0.005
# What parso keeps must be whole, and cleaning up must come to its end.
_UNINTERRUPTED = frozenset(("_set_cache_item", "save_module", "forget_documents", "hand_back_files"))


class Overdue(BaseException):
    """Raised by the timer. Not an Exception, so that no handler in an analyser takes it for an error of
    its own.
    """


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, in seconds of ``time.monotonic``."""

    at: float

    @classmethod
    def after_ms(cls, budget_ms: float) -> "Deadline":
        return cls(time.monotonic() + budget_ms / 1000)

    def is_near(self, share_ms: float = 5.0) -> bool:
        """Whether a loop should stop and give what it has."""
        return time.monotonic() + share_ms / 1000 >= self.at


@contextmanager
def interrupting(budget_ms: float, overtime_ms: float = 0.0) -> Generator[Deadline]:
    """Raise ``Overdue`` in the body so long after its deadline. Main thread only; not to be nested."""
    deadline = Deadline.after_ms(budget_ms)
    is_running = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        # The timer repeats, so a moment that does not suit is followed by another.
        if is_running and _may_interrupt(frame):
            raise Overdue

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, max((budget_ms + overtime_ms) / 1000, RETRY_S), RETRY_S)
    try:
        yield deadline
    finally:
        is_running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _may_interrupt(frame: FrameType | None) -> bool:
    for _ in range(12):
        if frame is None:
            return True
        if frame.f_code.co_name in _UNINTERRUPTED:
            return False
        frame = frame.f_back
    return True
