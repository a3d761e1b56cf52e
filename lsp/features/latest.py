"""Answer only the newest request of each kind; a new request ends the older ones at once with None."""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Latest:
    """The newest unfinished task of each key."""

    def __init__(self) -> None:
        self._newest: dict[Hashable, asyncio.Future[Any]] = {}

    def start(self, key: Hashable, work: Coroutine[Any, Any, T]) -> "asyncio.Future[T | None]":
        """Start ``work``, and stop the task that runs under the same key; the future of that task gets None.

        Cancelling the returned future cancels ``work``.
        """
        outcome: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(work)

        def follow(task: "asyncio.Task[T]") -> None:
            error = None if task.cancelled() else task.exception()
            if outcome.done():
                return
            if task.cancelled():
                outcome.cancel()
            elif error is not None:
                outcome.set_exception(error)
            else:
                outcome.set_result(task.result())

        def stop(outcome: asyncio.Future[T | None]) -> None:
            task.cancel()
            if self._newest.get(key) is outcome:
                del self._newest[key]

        task.add_done_callback(follow)
        outcome.add_done_callback(stop)
        superseded, self._newest[key] = self._newest.get(key), outcome
        if superseded is not None and not superseded.done():
            superseded.set_result(None)
        return outcome
