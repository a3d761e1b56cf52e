"""A request that is being answered, which others may join while what they typed agrees with what it writes.

Invariant: decoding goes on only while somebody waits for it. A waiter that leaves is given a moment, because
an editor cancels the old request just before it sends the one that may join.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from holesmith.completion.answer import Answer
from holesmith.completion.complete import text_around
from holesmith.completion.snapshot import Snapshot

# Less than one decode step of the fastest model on a CPU, more than an editor takes between two messages.
GRACE_SECONDS = 0.015

Work = Callable[[Callable[[str], None]], Coroutine[Any, Any, Answer]]


class InFlight:
    """One run of the pipeline and the requests that wait for it."""

    def __init__(self, snapshot: Snapshot, work: Work) -> None:
        self.snapshot = snapshot
        self._written = ""
        self._waiters = 0
        self._task = asyncio.ensure_future(work(self._on_text))

    @property
    def is_running(self) -> bool:
        return not self._task.done()

    def covers(self, snapshot: Snapshot) -> bool:
        """Whether what has been written so far begins with all that was typed since this run began."""
        if not self.is_running or snapshot.path != self.snapshot.path or snapshot.selected is not None:
            return False
        prefix, suffix = text_around(self.snapshot)
        typed = snapshot.prefix[len(prefix) :]
        same_place = snapshot.suffix == suffix and snapshot.prefix.startswith(prefix)
        return same_place and len(self._written) > len(typed) and self._written.startswith(typed)

    async def answer(self) -> Answer:
        """Wait for the answer. When the last waiter is cancelled, so is the run, milliseconds later."""
        self._waiters += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiters -= 1
            if self._waiters == 0 and not self._task.done():
                asyncio.get_running_loop().call_later(GRACE_SECONDS, self._stop_if_abandoned)

    def stop(self) -> None:
        self._task.cancel()

    def _on_text(self, text: str) -> None:
        self._written = text

    def _stop_if_abandoned(self) -> None:
        if self._waiters == 0:
            self.stop()
