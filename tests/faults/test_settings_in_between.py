"""Settings that change while a request waits: the request is answered as if it came later."""

import asyncio

import pytest
from holesmith.completion.model_host import Progress
from holesmith.completion.options import Options
from holesmith.completion.scheduling.debounce import Debounce
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.errors import ModelNotFoundError
from holesmith.engine.interface import Engine

from tests.fakes import FakeEngine


def load(options: Options, _progress: Progress) -> Engine:
    if options.model == "gone":
        raise ModelNotFoundError("no such model 'gone'")
    return FakeEngine("1\n")


def wait_seconds(_: Debounce) -> float:
    return 0.3


async def test_a_model_that_is_taken_away_while_a_request_waits_for_the_typist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Debounce, "wait_seconds", wait_seconds)
    service = Service(Options(debounce_ms_max=300), loader=load)
    await service.load()
    asked = [asyncio.ensure_future(service.complete(typed(number))) for number in range(3)]
    await asyncio.sleep(0)
    await service.configure(Options(model="gone"))
    answers = await asyncio.gather(*asked)
    assert {answer.reason for answer in answers} == {"error: no such model 'gone'"}
    await service.close()


def typed(number: int) -> Snapshot:
    text = f"y{number} = \n"
    return Snapshot("/shop/a.py", "python", text, len(text) - 1)
