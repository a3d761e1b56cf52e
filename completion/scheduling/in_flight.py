"""Requests in flight: other requests may join one while the text it writes agrees with the text typed since.

Invariants: decoding goes on only while somebody waits for it; a document has one run, the newest. If a waiter
leaves, the run is given a moment, because an editor cancels the old request just before it sends the one that
may join.
"""

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from holesmith.completion.answer import Answer
from holesmith.completion.snapshot import Snapshot

# Seconds: less than one decode step of the fastest model on a CPU, more than an editor takes between two
# messages.
GRACE_SECONDS = 0.015
SUPERSEDED = "superseded by a newer request in the same document"

Work = Callable[[Callable[[str], None]], Coroutine[Any, Any, Answer]]


class SupersededError(Exception):
    """A newer request in the same document has taken the place of the one that is waited for."""


class InFlight:
    """One run of the pipeline and the requests that wait for it."""

    def __init__(self, snapshot: Snapshot, work: Work, on_end: Callable[[float], None]) -> None:
        """``on_end`` is called with the milliseconds that the run took, however it ended."""
        self.snapshot = snapshot
        self._written = ""
        self._waiters = 0
        self._is_superseded = False
        self._task = asyncio.ensure_future(self._timed(work, on_end))

    @property
    def is_running(self) -> bool:
        return not self._task.done()

    def covers(self, snapshot: Snapshot) -> bool:
        """True if the text written so far begins with all the text typed since this run began."""
        if not self.is_running or snapshot.path != self.snapshot.path or snapshot.selected is not None:
            return False
        if snapshot.invoked and not self.snapshot.invoked:
            return False
        prefix, suffix = self.snapshot.prefix, self.snapshot.suffix
        typed = snapshot.prefix[len(prefix) :]
        same_place = snapshot.suffix == suffix and snapshot.prefix.startswith(prefix)
        agrees = len(self._written) > len(typed) and self._written.startswith(typed)
        return same_place and (agrees or not typed)

    async def answer(self) -> Answer:
        """Wait for the answer. If the last waiter is cancelled, so is the run, GRACE_SECONDS later.

        Raises SupersededError if a newer run took the place of this one, and EngineError.
        """
        self._waiters += 1
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            if self._is_superseded and not _is_cancelled():
                raise SupersededError from None
            raise
        finally:
            self._waiters -= 1
            if self._waiters == 0 and not self._task.done():
                asyncio.get_running_loop().call_later(GRACE_SECONDS, self.stop_if_abandoned)

    def stop(self) -> None:
        self._task.cancel()

    def supersede(self) -> None:
        """Stop; requests that still wait get a SupersededError."""
        self._is_superseded = True
        self.stop()

    def stop_if_abandoned(self) -> None:
        self.stop_if_waiters_are_at_most(0)

    def stop_if_alone(self) -> None:
        """Stop if at most one waiter would miss the answer."""
        self.stop_if_waiters_are_at_most(1)

    def stop_if_waiters_are_at_most(self, count: int) -> None:
        if self._waiters <= count:
            self.stop()

    async def _timed(self, work: Work, on_end: Callable[[float], None]) -> Answer:
        began = perf_counter()
        try:
            return await work(self._on_text)
        finally:
            on_end((perf_counter() - began) * 1000)

    def _on_text(self, text: str) -> None:
        self._written = text


class Runs:
    """The runs that requests wait for, one a document. Belongs to one event loop."""

    def __init__(self) -> None:
        self._newest: dict[str, InFlight] = {}

    @property
    def is_any_running(self) -> bool:
        return any(run.is_running for run in self._newest.values())

    def of(self, path: str) -> InFlight | None:
        """Return the run of a document, which may have ended; None if there is none."""
        return self._newest.get(path)

    def add(self, run: InFlight) -> InFlight:
        """Let a run take the place of an older one in its document; return the run."""
        path = run.snapshot.path
        if (older := self._newest.get(path)) is not None:
            older.supersede()
        running = {other_path: other for other_path, other in self._newest.items() if other.is_running}
        self._newest = {**running, path: run}
        return run

    def stop(self) -> None:
        for run in self._newest.values():
            run.stop()


def _is_cancelled() -> bool:
    """True if the current task was cancelled itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
