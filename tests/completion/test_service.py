"""The service answers in every state, and says in its status what is going on."""

import asyncio
import threading
from dataclasses import replace

import pytest
from holesmith.completion.model_host import Loader, Progress
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.engine.errors import DeviceError, ModelNotFoundError
from holesmith.engine.interface import Engine, ModelDescription

from tests.fakes import FakeEngine

SNAPSHOT = Snapshot("/shop/a.py", "python", "x = \n", 4)


def loader_of(engine: Engine) -> Loader:
    def load(_options: Options, progress: Progress) -> Engine:
        progress("loading weights", 0.5)
        return engine

    return load


def failing_loader(error: BaseException) -> Loader:
    def load(_options: Options, _progress: Progress) -> Engine:
        raise error

    return load


async def test_a_loaded_service_completes_and_counts() -> None:
    statuses: list[Status] = []
    service = Service(Options(), statuses.append, loader_of(FakeEngine("1\n")))
    await service.load()
    answer = await service.complete(SNAPSHOT)
    assert answer.completion is not None
    assert answer.completion.text == "1"
    assert [status.health for status in statuses if status.progress is None][-1] == "ready"
    assert any(status.message == "loading weights" and status.progress == 0.5 for status in statuses)
    assert service.status.completions == 1
    assert service.status.model == "fake"
    await service.close()
    assert service.status.health == "stopped"


async def test_a_request_before_the_model_is_there_is_answered_at_once_with_the_reason() -> None:
    may_load = threading.Event()

    def slow(_options: Options, _progress: Progress) -> Engine:
        may_load.wait(30)
        return FakeEngine("1\n")

    service = Service(Options(), loader=slow)
    before = await service.complete(SNAPSHOT)
    assert before.completion is None
    assert "not started" in before.reason
    loading = asyncio.create_task(service.load())
    while service.status.health != "loading":
        await asyncio.sleep(0)
    during = await service.complete(SNAPSHOT)
    assert during.completion is None
    assert "loading" in during.reason
    waiting = asyncio.create_task(service.wait_for_load())
    await asyncio.sleep(0)
    assert not waiting.done()
    may_load.set()
    await waiting
    assert service.status.health == "ready"
    await loading
    assert (await service.complete(SNAPSHOT)).completion is not None
    await service.close()


async def test_a_model_that_cannot_be_loaded_is_said_in_the_status_and_another_can_be_chosen() -> None:
    loader = failing_loader(ModelNotFoundError("no model 'x'; run holesmith model pull"))
    service = Service(Options(model="x"), loader=loader)
    await service.load()
    assert service.status.health == "error"
    assert service.status.message == "no model 'x'; run holesmith model pull"
    assert "no model" in (await service.complete(SNAPSHOT)).reason
    service = Service(Options(model="x"), loader=loader_of(FakeEngine("1\n")))
    await service.load()
    assert service.status.health == "ready"


class PanicException(BaseException):  # the name that libraries in Rust give it
    pass


@pytest.mark.parametrize("kind", [PanicException, RuntimeError, IndexError, RecursionError, OSError])
async def test_however_loading_fails_the_status_says_so_in_one_line(kind: type[BaseException]) -> None:
    service = Service(Options(model="x"), loader=failing_loader(kind("a merge\nis missing")))
    await service.load()
    assert service.status.health == "error"
    assert service.status.progress is None
    expected = f"the model could not be loaded: {kind.__name__}: a merge is missing"
    assert service.status.message == expected
    assert expected in (await service.complete(SNAPSHOT)).reason
    await service.close()


async def test_a_failure_while_decoding_is_answered_counted_and_survived() -> None:
    engine = FakeEngine("1\n", error=DeviceError("the GPU is out of memory"))
    service = Service(Options(), loader=loader_of(engine))
    await service.load()
    answer = await service.complete(SNAPSHOT)
    assert answer.completion is None
    assert answer.reason == "the GPU is out of memory"
    assert service.status.failures == 1
    assert service.status.message == "the GPU is out of memory"
    engine.error = None
    assert (await service.complete(SNAPSHOT)).completion is not None
    assert service.status.message == "fake on cpu"


class Preparing(FakeEngine):
    """An engine that is still at work on something when it is loaded."""

    problem: str | None = None

    @property
    def description(self) -> ModelDescription:
        return replace(super().description, problem=self.problem)


def preparing(engine: Preparing, tellers: list[Progress]) -> Loader:
    def load(_options: Options, progress: Progress) -> Engine:
        tellers.append(progress)
        progress("loading weights", 1.0)
        progress("compiling the kernels", 0.0)
        return engine

    return load


async def told(progress: Progress, share: float) -> None:
    """From another thread, as engines tell it; shown when the event loop comes round."""
    await asyncio.to_thread(progress, "compiling the kernels", share)
    await asyncio.sleep(0)


async def test_what_goes_on_beside_a_loaded_model_is_an_activity_until_it_is_over() -> None:
    tellers: list[Progress] = []
    service = Service(Options(), loader=preparing(Preparing("1\n"), tellers))
    await service.load()
    assert (service.status.health, service.status.progress) == ("ready", None)
    assert service.status.message == "fake on cpu"
    assert service.status.activity == "compiling the kernels, 0 %"
    assert (await service.complete(SNAPSHOT)).completion is not None
    assert service.status.activity == "compiling the kernels, 0 %"
    await told(tellers[0], 0.52)
    assert service.status.activity == "compiling the kernels, 50 %"
    await told(tellers[0], 1.0)
    assert (service.status.activity, service.status.message) == (None, "fake on cpu")
    await service.close()


async def test_what_failed_beside_a_loaded_model_stays_in_the_message() -> None:
    tellers: list[Progress] = []
    engine = Preparing("1\n")
    service = Service(Options(), loader=preparing(engine, tellers))
    await service.load()
    engine.problem = "the kernels could not be compiled: no"
    await told(tellers[0], 1.0)
    assert (await service.complete(SNAPSHOT)).completion is not None
    assert service.status.health == "ready"
    assert service.status.activity is None
    assert service.status.message == "fake on cpu; the kernels could not be compiled: no"


async def test_what_a_model_tells_after_it_was_taken_away_is_not_shown() -> None:
    tellers: list[Progress] = []
    service = Service(Options(), loader=preparing(Preparing("1\n"), tellers))
    await service.load()
    await service.close()
    assert service.status.activity is None
    await told(tellers[0], 0.5)
    assert service.status.activity is None
    assert service.status.message == "stopped"


async def test_options_take_effect_and_reload_only_for_another_model() -> None:
    engines = [FakeEngine("y = x\n    return y\n"), FakeEngine("2\n")]
    waiting = list(engines)
    service = Service(Options(), loader=lambda options, progress: waiting.pop(0))
    await service.load()
    await service.configure(replace(service.options, lines="single"))
    snapshot = replace(SNAPSHOT, text="def f(x):\n    ", offset=14)
    answer = await service.complete(snapshot)
    assert answer.completion is not None
    assert answer.completion.text == "y = x"
    assert len(waiting) == 1
    await service.configure(replace(service.options, model="other"))
    assert not waiting
    assert engines[0].closed
    assert (await service.complete(SNAPSHOT)).completion is not None


async def test_cancelled_requests_are_counted() -> None:
    engine = FakeEngine("x" * 1000)
    engine.gate.clear()
    service = Service(Options(), loader=loader_of(engine))
    await service.load()
    task = asyncio.create_task(service.complete(SNAPSHOT))
    while not engine.streams:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert service.status.cancelled == 1
