"""Workers on the machines of a Ray cluster, with the same replies as local processes.

Ray is not a dependency: it is imported when a cluster is asked for. Repositories that a case points into must
lie at the same path on every machine; the text of the case itself travels with the task.
"""

from importlib import import_module
from typing import Any

from holesmith.engine.errors import EngineError
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.task import Reply, Task
from holesmith.evaluation.runs.worker import Worker, WorkerSetup

CLOSE_TIMEOUT_S = 10.0


class RemoteWorker:
    """A worker as a Ray actor.

    The class has no coroutines: Ray would run such a class on an event loop of its own, where the worker's
    own loop could not run.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._worker = Worker(setup)

    def perform(self, task: Task) -> Reply:
        """See `worker.Worker`."""
        return self._worker.perform(task)

    def close(self) -> None:
        """See `worker.Worker`."""
        self._worker.close()


class RayPool:
    """Implements `pool.Pool` with one actor for each worker."""

    def __init__(self, address: str, setup: WorkerSetup, workers: int, gpus: float) -> None:
        """Start the actors.

        ``gpus`` is the share of a GPU that each claims. Raises EvaluationError without Ray.
        """
        try:
            self._ray: Any = import_module("ray")
        except ImportError:
            raise EvaluationError("--ray needs the package ray: install it on every machine") from None
        try:
            self._ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EvaluationError(f"no Ray cluster answers at {address}: {error}") from None
        actor = self._ray.remote(num_gpus=gpus, max_restarts=0)(RemoteWorker)
        self._actors: list[Any] = [actor.remote(setup) for _ in range(workers)]
        self._pending: dict[Any, int] = {}

    @property
    def size(self) -> int:
        """See `pool.Pool`."""
        return len(self._actors)

    def submit(self, worker: int, task: Task) -> None:
        """See `pool.Pool`."""
        self._pending[self._actors[worker].perform.remote(task)] = worker

    def next_reply(self) -> tuple[int, Reply]:
        """See `pool.Pool`."""
        done, _ = self._ray.wait(list(self._pending), num_returns=1)
        worker = self._pending.pop(done[0])
        try:
            return worker, self._ray.get(done[0])
        except self._ray.exceptions.RayTaskError as error:
            raise EngineError(str(error.cause or error)) from None
        except self._ray.exceptions.RayActorError as error:
            raise EvaluationError(f"worker {worker} ended in the middle of its work: {error}") from None

    def close(self) -> None:
        """See `pool.Pool`. Leaves the cluster running."""
        closing = [actor.close.remote() for actor in self._actors]
        self._ray.wait(closing, num_returns=len(closing), timeout=CLOSE_TIMEOUT_S)
        for actor in self._actors:
            self._ray.kill(actor)
        self._ray.shutdown()
