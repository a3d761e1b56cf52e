"""A pool of threads that run one function together, in machine code without the GIL.

The threads sleep between two calls, because a spinning thread would take a core from torch, from analysis and
from the user. In a call they take pieces of the work until none is left. The call does not wait for a thread
that the system has not started yet.
"""

import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class _Job:
    """The call of one thread. The thread that runs it holds ``claim``, or the caller, to cancel it."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]
    claim: threading.Lock = field(default_factory=threading.Lock)

    def is_taken(self) -> bool:
        """Claim the job. Returns False if another thread has claimed it before."""
        return self.claim.acquire(blocking=False)


_Inbox = queue.SimpleQueue[_Job | None]
_Done = queue.SimpleQueue[BaseException | None]


def no_op() -> None:
    pass


class Workers:
    """Runs a function in several threads at once, also in the caller's. Only for one caller at a time.

    The threads start when they are first needed, and end when nothing refers to this object any more.
    """

    def __init__(self, most: int) -> None:
        """``most``: the number of threads. All of them are used until `use` sets another number."""
        self.most = most
        self.count = most
        self._inboxes: list[_Inbox] = []
        self._done: _Done = queue.SimpleQueue()
        weakref.finalize(self, _end, self._inboxes)

    def use(self, count: int) -> None:
        """Use ``count`` threads from now on."""
        assert 1 <= count <= self.most, count
        self.count = count

    def alone(self) -> "Workers":
        """A pool that only uses the caller's thread."""
        return _ALONE

    def run(
        self,
        function: Callable[..., None],
        *arguments: Any,
        on_launched: Callable[[], None] = no_op,
    ) -> None:
        """Call ``function(*arguments, worker, workers)`` in several threads, one of them the caller's.

        The function must take pieces of the work until none is left. When it returns in the caller's thread,
        ``run`` waits for the threads that have begun; the other threads never begin. Raises an exception that
        one of the threads raised.

        The caller's thread calls ``on_launched`` after it has told the other threads to begin.
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
            except BaseException as error:  # noqa: BLE001  # the caller raises it
                done.put(error)
            else:
                done.put(None)
        del job  # a sleeping thread would keep the model in memory


def _end(inboxes: list[_Inbox]) -> None:
    for inbox in inboxes:
        inbox.put(None)


_ALONE = Workers(1)
