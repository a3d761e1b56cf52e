"""The pool over Ray, on a stand-in that keeps what matters of it: actors, references, and errors that
travel.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from holesmith.engine.errors import EngineError
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.pool import rows_of
from holesmith.evaluation.runs.ray_pool import RayPool, RemoteWorker
from holesmith.evaluation.runs.task import AnswerTask
from holesmith.evaluation.runs.worker import WorkerSetup

NAMED = Named("retrieval", Configuration(mode="retrieval"))


class TaskError(Exception):
    """What ``get`` raises for an error in an actor."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class ActorError(Exception):
    """What ``get`` raises for an actor that is gone."""


class FakeRay(ModuleType):
    """One thread an actor."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayTaskError=TaskError, RayActorError=ActorError)
        self.actors: list[ThreadPoolExecutor] = []
        self.is_running = False
        self.gpus: float | None = None

    def init(self, address: str, **options: object) -> None:
        if address == "nowhere":
            raise ConnectionError("no cluster")
        self.is_running = True

    def shutdown(self) -> None:
        self.is_running = False

    def remote(self, num_gpus: float, max_restarts: int) -> Callable[[type], Any]:
        assert max_restarts == 0
        self.gpus = num_gpus

        def actor_of(kind: type) -> SimpleNamespace:
            # Ray runs a class with coroutines on an event loop, where a worker can't run its own.
            assert not any(inspect.iscoroutinefunction(member) for member in vars(kind).values())

            def start(*arguments: object) -> SimpleNamespace:
                return self._actor(kind(*arguments))

            return SimpleNamespace(remote=start)

        return actor_of

    def _actor(self, made: Any) -> SimpleNamespace:
        thread = ThreadPoolExecutor(1)
        self.actors.append(thread)

        def method(name: str) -> SimpleNamespace:
            def call(*arguments: object) -> Future[Any]:
                return thread.submit(getattr(made, name), *arguments)

            return SimpleNamespace(remote=call)

        return SimpleNamespace(perform=method("perform"), close=method("close"), thread=thread)

    def wait(
        self, references: list[Future[Any]], num_returns: int, timeout: float | None = None
    ) -> tuple[list[Future[Any]], list[Any]]:
        done = wait(references, timeout, FIRST_COMPLETED if num_returns == 1 else ALL_COMPLETED).done
        return sorted(done, key=references.index)[:num_returns], []

    def get(self, reference: Future[Any]) -> Any:
        try:
            return reference.result()
        except ActorError:
            raise
        except Exception as error:  # noqa: BLE001  # as Ray does, whatever it is
            raise TaskError(error) from None

    def kill(self, actor: Any) -> None:
        actor.thread.shutdown()


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    return fake


@pytest.fixture
def pool(ray: FakeRay) -> Iterator[RayPool]:
    made = RayPool("local", WorkerSetup("repo", "cpu"), workers=3, gpus=0.5)
    yield made
    made.close()


def task_of(number: int, **facts: object) -> AnswerTask:
    case = Case(f"case {number}", "shop", "a.py", "python", "x = ", "", "add", "line", facts=facts)
    return AnswerTask(NAMED, case)


def test_the_rows_are_those_of_the_cases(ray: FakeRay, pool: RayPool) -> None:
    tasks = [task_of(number, candidates=["add" if number % 2 else "sub"]) for number in range(10)]
    rows = {row.case: row.scores["exact_match"] for row in rows_of(pool, [tasks[:6], tasks[6:7], tasks[7:]])}
    assert rows == {f"case {number}": number % 2 for number in range(10)}
    assert (len(ray.actors), ray.gpus) == (3, 0.5)


def test_an_error_of_a_worker_is_told(pool: RayPool) -> None:
    with pytest.raises(EngineError, match="ranks no candidates"):
        list(rows_of(pool, [[task_of(1)]]))


def test_a_worker_that_is_gone_is_told(pool: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(self: RemoteWorker, task: object) -> None:
        raise ActorError("node lost")

    monkeypatch.setattr(RemoteWorker, "perform", vanish)
    with pytest.raises(EvaluationError, match="worker 0 ended"):
        list(rows_of(pool, [[task_of(1, candidates=["add"])]]))


def test_a_cluster_that_does_not_answer_is_told(ray: FakeRay) -> None:
    with pytest.raises(EvaluationError, match="no Ray cluster answers at nowhere"):
        RayPool("nowhere", WorkerSetup("repo", "cpu"), 1, 0)


def test_closing_leaves_the_cluster_alone(ray: FakeRay) -> None:
    RayPool("local", WorkerSetup("repo", "cpu"), 1, 0).close()
    assert not ray.is_running
