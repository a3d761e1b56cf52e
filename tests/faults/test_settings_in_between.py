"""Settings that change while a request waits: the request is answered as if it came later."""

import asyncio

from holesmith.completion.options import Options
from holesmith.completion.service import Progress, Service
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.errors import ModelNotFoundError
from holesmith.engine.interface import Engine

from tests.fakes import FakeEngine

SNAPSHOT = Snapshot("/shop/a.py", "python", "x = \n", 4)


def load(options: Options, _progress: Progress) -> Engine:
    if options.model == "gone":
        raise ModelNotFoundError("no such model 'gone'")
    return FakeEngine("1\n")


async def test_a_model_that_is_taken_away_while_a_request_waits_for_the_typist() -> None:
    waiting = Options(debounce_ms_max=300)
    service = Service(waiting, loader=load)
    await service.load()
    for _ in range(2):  # the first teaches the service that the user types
        await service.complete(SNAPSHOT)
    asked = [asyncio.ensure_future(service.complete(typed(number))) for number in range(3)]
    await asyncio.sleep(0)
    await service.configure(Options(model="gone"))
    answers = await asyncio.gather(*asked)
    assert {answer.reason for answer in answers} == {"error: no such model 'gone'"}
    await service.close()


def typed(number: int) -> Snapshot:
    text = f"y{number} = \n"
    return Snapshot("/shop/a.py", "python", text, len(text) - 1)
