"""The newest work of a key is answered; the one before it gets None, and is stopped."""

import asyncio

import pytest
from holesmith.lsp.features.latest import Latest


class Work:
    """Runs until it is let go, and remembers whether it was cancelled."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = asyncio.Event()
        self.was_cancelled = False
        self._error = error

    async def run(self) -> str:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self._error is not None:
            raise self._error
        return "done"


async def turn() -> None:
    """Let everything that can run, run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_older_gets_none_and_stops() -> None:
    latest, older, newer = Latest(), Work(), Work()
    first = latest.start("a", older.run())
    await turn()
    second = latest.start("a", newer.run())
    assert await first is None
    await turn()
    assert older.was_cancelled
    newer.go.set()
    assert await second == "done"


async def test_other_keys_are_left_alone() -> None:
    latest, one, other = Latest(), Work(), Work()
    first, second = latest.start("a", one.run()), latest.start("b", other.run())
    one.go.set()
    other.go.set()
    assert await asyncio.gather(first, second) == ["done", "done"]


async def test_cancelling_cancels_the_work() -> None:
    latest, work = Latest(), Work()
    outcome = latest.start("a", work.run())
    await turn()
    outcome.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outcome
    await turn()
    assert work.was_cancelled


async def test_a_failure_is_the_failure_of_the_request() -> None:
    latest, work = Latest(), Work(ValueError("broken"))
    outcome = latest.start("a", work.run())
    work.go.set()
    with pytest.raises(ValueError, match="broken"):
        await outcome


async def test_work_that_is_over_is_not_superseded() -> None:
    latest, work = Latest(), Work()
    first = latest.start("a", work.run())
    work.go.set()
    assert await first == "done"
    again = Work()
    again.go.set()
    assert await latest.start("a", again.run()) == "done"
