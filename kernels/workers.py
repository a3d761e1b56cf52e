"""Threads that compute one thing together, in machine code without the interpreter's lock.

They sleep between two calls: a thread that spins would take the core from torch, the analysis and the user.
In a call they take pieces of the work until none is left, and nobody waits for a thread that the system has
not let begin.
"""

import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class _Job:
    """``claim`` is held by who begins it, or by the caller who does not need it any more."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]
    claim: threading.Lock = field(default_factory=threading.Lock)

    def is_taken(self) -> bool:
        """Take it, if nobody has."""
        return self.claim.acquire(blocking=False)


_Inbox = queue.SimpleQueue[_Job | None]
_Done = queue.SimpleQueue[BaseException | None]


def no_op() -> None:
    pass


class Workers:
    """Runs a function in several threads at once, one of them the caller's. For one caller at a time.

    The threads start when first needed and end when nothing refers to this object any more.
    """

    def __init__(self, most: int) -> None:
        """``most`` threads, all of which work until `use` says otherwise."""
        self.most = most
        self.count = most
        self._inboxes: list[_Inbox] = []
        self._done: _Done = queue.SimpleQueue()
        weakref.finalize(self, _end, self._inboxes)

    def use(self, count: int) -> None:
        """Work in so many threads from now on."""
        assert 1 <= count <= self.most, count
        self.count = count

    def alone(self) -> "Workers":
        """The caller's thread only."""
        return _ALONE

    def run(
        self,
        function: Callable[..., None],
        *arguments: Any,
        on_launched: Callable[[], None] = no_op,
    ) -> None:
        """Call ``function(*arguments, worker, workers)`` in several threads, one of them the caller's.

        The function takes pieces of the work until none is left. When the caller's has ended, those that have
        begun are waited for, the others never begin. Raises what one of them raised.

        The caller's thread calls ``on_launched`` when it has told the others to begin.
        """
        workers = self.count
        self._start(workers - 1)
        jobs = [_Job(function, (*arguments, worker, workers)) for worker in range(1, workers)]
        for inbox, job in zip(self._inboxes, jobs, strict=False):
            inbox.put(job)
        try:
            on_launched()
            function(*arguments, 0, workers)
        finally:
            begun = [job for job in jobs if not job.is_taken()]
            errors = [self._done.get() for _ in begun]
        for error in errors:
            if error is not None:
                raise error

    def _start(self, count: int) -> None:
        while len(self._inboxes) < count:
            inbox: _Inbox = queue.SimpleQueue()
            self._inboxes.append(inbox)
            name = f"holesmith-worker-{len(self._inboxes)}"
            threading.Thread(target=_work, args=(inbox, self._done), name=name, daemon=True).start()


def _work(inbox: _Inbox, done: _Done) -> None:
    while (job := inbox.get()) is not None:
        if job.is_taken():
            try:
                job.function(*job.arguments)
            except BaseException as error:  # noqa: BLE001  # a worker's boundary: the caller raises it
                done.put(error)
            else:
                done.put(None)
        del job  # else a sleeping thread would keep a model in memory


def _end(inboxes: list[_Inbox]) -> None:
    for inbox in inboxes:
        inbox.put(None)


_ALONE = Workers(1)
