"""Pools of workers for tasks: one worker in this process, or one process for each device.

Invariant: a worker has at most one task at a time, so that a killed run loses one case for each worker.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol, cast

from holesmith.engine.errors import EngineError
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.task import AnswerTask, OrderTask, Reply, Task
from holesmith.evaluation.runs.worker import Worker, WorkerSetup


class Pool(Protocol):
    """``size`` workers, numbered from 0."""

    @property
    def size(self) -> int: ...

    def submit(self, worker: int, task: Task) -> None:
        """Give a task to a worker that has none."""
        ...

    def next_reply(self) -> tuple[int, Reply]:
        """Wait for any worker to finish; return its number and reply.

        Raises EngineError if the run can't go on.
        """
        ...

    def close(self) -> None: ...


def order_of(pool: Pool, task: OrderTask) -> list[int]:
    """Let the first worker sort the cases; all workers must be idle."""
    pool.submit(0, task)
    _, reply = pool.next_reply()
    assert isinstance(reply, list)
    return reply


def rows_of(pool: Pool, groups: Iterable[Sequence[AnswerTask]]) -> Iterator[Row]:
    """Yield the rows of all tasks, in the order in which they finish.

    A group stays with one worker, in its order.
    """
    waiting = iter(groups)
    own: list[deque[AnswerTask]] = [deque() for _ in range(pool.size)]
    busy = 0

    def feed(worker: int) -> int:
        if not own[worker]:
            own[worker].extend(next(waiting, ()))
        if own[worker]:
            pool.submit(worker, own[worker].popleft())
            return 1
        return 0

    for worker in range(pool.size):
        busy += feed(worker)
    while busy:
        worker, reply = pool.next_reply()
        busy += feed(worker) - 1
        assert isinstance(reply, Row)
        yield reply


class LocalPool:
    """One worker in this process. A task is done when its reply is asked for."""

    size = 1

    def __init__(self, setup: WorkerSetup) -> None:
        self._worker = Worker(setup)
        self._task: Task | None = None

    def submit(self, worker: int, task: Task) -> None:
        """See `Pool`."""
        assert worker == 0
        assert self._task is None
        self._task = task

    def next_reply(self) -> tuple[int, Reply]:
        """See `Pool`."""
        task, self._task = self._task, None
        assert task is not None
        return 0, self._worker.perform(task)

    def close(self) -> None:
        """See `Pool`."""
        self._worker.close()


class ProcessPool:
    """A process for each of several setups, usually one for each device."""

    def __init__(self, setups: Sequence[WorkerSetup]) -> None:
        context = multiprocessing.get_context("spawn")
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []
        for setup in setups:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, setup), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._connections.append(cast("Connection", ours))

    @property
    def size(self) -> int:
        """See `Pool`."""
        return len(self._processes)

    def submit(self, worker: int, task: Task) -> None:
        """See `Pool`."""
        try:
            self._connections[worker].send(task)
        except OSError:
            raise _died(worker) from None

    def next_reply(self) -> tuple[int, Reply]:
        """See `Pool`."""
        ready = wait(self._connections)[0]
        worker = self._connections.index(ready)  # pyright: ignore[reportArgumentType]  # it is one of them
        try:
            reply: Reply | EngineError = self._connections[worker].recv()
        except (EOFError, OSError):
            raise _died(worker) from None
        if isinstance(reply, EngineError):
            raise reply
        return worker, reply

    def close(self) -> None:
        """See `Pool`. A busy worker is killed."""
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.join(timeout=5)
            process.kill()
            process.join()


def _died(worker: int) -> EvaluationError:
    return EvaluationError(
        f"worker {worker} ended in the middle of its work; start the same command again to resume"
    )


def _serve(connection: Connection, setup: WorkerSetup) -> None:
    """Run a worker process until the other side closes the connection, or is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and closes the connection
    worker = Worker(setup)
    try:
        while True:
            connection.send(_reply(worker, connection.recv()))
    except (EOFError, OSError):
        worker.close()


def _reply(worker: Worker, task: Task) -> Reply | EngineError:
    try:
        return worker.perform(task)
    except EngineError as error:
        return EngineError(str(error))
