"""A deadline that interrupts whatever runs in the main thread of the worker."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import ParamSpec, TypeVar

from holesmith.system import timers

# Seconds until the timer tries again, after a moment at which it may not interrupt.
RETRY_S = 0.005
P = ParamSpec("P")
R = TypeVar("R")
# Keyed by identity, because the code objects of two functions with the same text are equal.
_uninterruptible: dict[int, CodeType] = {}


class Overdue(BaseException):
    """The exception that the timer raises.

    It is no Exception, so that no handler in an analyser catches it as an error of its own.
    """


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, in seconds of ``time.monotonic``."""

    at: float

    @classmethod
    def after_ms(cls, budget_ms: float) -> "Deadline":
        return cls(time.monotonic() + budget_ms / 1000)

    def is_near(self, share_ms: float = 5.0) -> bool:
        """True if a loop should stop and return what it has: ``share_ms`` or less is left."""
        return time.monotonic() + share_ms / 1000 >= self.at


def uninterruptible(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that always runs to its end, with all that it calls; return the function itself.

    Use it as a decorator for our own functions; give it a library's function as imported. Only functions that
    are written in Python can be marked.
    """
    assert isinstance(function, FunctionType), f"{function!r} is no function written in Python"
    _uninterruptible[id(function.__code__)] = function.__code__
    return function


@contextmanager
def interrupting(budget_ms: float, overtime_ms: float = 0.0) -> Generator[Deadline]:
    """Raise ``Overdue`` in the body, ``overtime_ms`` after the deadline.

    Main thread only; must not be nested.
    """
    deadline = Deadline.after_ms(budget_ms)
    after_s = max((budget_ms + overtime_ms) / 1000, RETRY_S)
    # The timer repeats: after a moment at which it may not interrupt comes another.
    with timers.interrupting(after_s, RETRY_S, Overdue, _may_interrupt):
        yield deadline


def _may_interrupt(frame: FrameType | None) -> bool:
    """True if no marked function is running in ``frame`` or in one of its callers."""
    while frame is not None:
        if id(frame.f_code) in _uninterruptible:
            return False
        frame = frame.f_back
    return True
