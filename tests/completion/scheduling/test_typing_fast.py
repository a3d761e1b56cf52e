"""However fast is typed while the engine is held up, the newest request is answered, and none is an error."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.scheduling.in_flight import SUPERSEDED
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.interface import ModelDescription
from holesmith.engine.local import Loaded, LocalEngine
from holesmith.engine.request import Generation, Request, Token

from tests.fakes import byte_vocabulary

LINE = "total = price_of(basket, discount, taxes)"
KEYS = 40
MIDDLE = b" + 1\n"


class HeldLoop:
    """A decode loop that is in its first forward pass until it is let go, as while kernels are compiled."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.begun: list[Request] = []

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        self.begun.append(request)
        assert self.let_go.wait(30)
        tokens = tuple(Token(byte, -0.1) for byte in request.healed_prefix + MIDDLE)
        if cancelled():
            return Generation((), "cancelled", 0, {"prefill": 0.0, "decode": 0.0})
        for token in tokens:
            emit(token)
        return Generation(tokens, "stop", 0, {"prefill": 0.0, "decode": 0.0})

    def abandon(self) -> None:
        pass


@pytest.fixture
async def held() -> AsyncIterator[tuple[Service, HeldLoop]]:
    """A service that waits for no typist: each key is asked for at once, as if there were no other remedy."""
    loop = HeldLoop()
    engine = LocalEngine(
        Loaded(loop, byte_vocabulary(), ModelDescription("held", "none", "cpu", "none", 4096))
    )
    service = Service(Options(debounce_ms_max=0, check_ms_max=0), loader=lambda _options, _progress: engine)
    await service.load()
    yield service, loop
    loop.let_go.set()
    await service.close()


def typed(count: int, path: str = "/shop/a.py") -> Snapshot:
    return Snapshot(path, "python", LINE[:count] + "\nx = 1\n", count)


async def begun(service: Service, snapshot: Snapshot) -> "asyncio.Task[Answer]":
    """A request, when it has had time to get as far as the engine."""
    task = asyncio.create_task(service.complete(snapshot))
    await asyncio.sleep(0.02)
    return task


def outcome_of(task: "asyncio.Task[Answer]") -> str:
    return "cancelled" if task.cancelled() else task.result().reason


@pytest.mark.parametrize("cancels", [True, False], ids=["each overtaken request is cancelled", "none is"])
async def test_the_last_of_many_keys_is_answered(held: tuple[Service, HeldLoop], cancels: bool) -> None:
    service, loop = held
    asked: list[asyncio.Task[Answer]] = []
    for count in range(1, KEYS + 1):
        if cancels and asked:
            asked[-1].cancel()
        asked.append(await begun(service, typed(count)))
    loop.let_go.set()
    await asyncio.wait(asked)
    answer = asked[-1].result()
    assert answer.completion is not None
    assert answer.completion.text == " + 1"
    assert {outcome_of(task) for task in asked[:-1]} == {"cancelled" if cancels else SUPERSEDED}
    assert (service.status.failures, service.status.message) == (0, "held on cpu")
    assert len(loop.begun) <= 2, "what nobody wants any more is never begun"


async def test_requests_in_other_documents_are_not_superseded(held: tuple[Service, HeldLoop]) -> None:
    service, loop = held
    asked = [await begun(service, typed(5, f"/shop/{name}.py")) for name in "abc"]
    loop.let_go.set()
    answers = await asyncio.gather(*asked)
    assert all(answer.completion is not None for answer in answers)


async def test_what_the_status_says_of_a_full_queue_goes_away_with_it(held: tuple[Service, HeldLoop]) -> None:
    service, loop = held
    asked = [await begun(service, typed(5, f"/shop/{number}.py")) for number in range(20)]
    assert "busy" in service.status.message
    loop.let_go.set()
    await asyncio.gather(*asked)
    assert service.status.message == "held on cpu"
