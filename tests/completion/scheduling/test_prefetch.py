"""While a completion is shown, what comes after it is worked out, and is there at once when asked for."""

import asyncio

import pytest
from holesmith.completion.answer import Completion
from holesmith.completion.options import Options
from holesmith.completion.scheduling import prefetch, prompt_warm_up
from holesmith.completion.scheduling.prefetch import after_taking
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot

from tests.fakes import FakeEngine

CURSOR = "<CURSOR>"


def snapshot_of(document: str, language: str = "python") -> Snapshot:
    prefix, suffix = document.split(CURSOR)
    return Snapshot("/shop/a.py", language, prefix + suffix, len(prefix))


@pytest.mark.parametrize(
    ("document", "text", "after"),
    [
        # Behind a line Enter is pressed.
        ("def f():\n    x = <CURSOR>\n", "1", "def f():\n    x = 1\n    <CURSOR>\n"),
        ("<CURSOR>\n", "def f():", "def f():\n    <CURSOR>\n"),
        ("if a:\n  if b:\n    c\n  if d:\n    e\n<CURSOR>", "if f:", None),
        # Brackets that the editor closed are passed.
        ("f(<CURSOR>)\n", "x", "f(x)\n<CURSOR>\n"),
        # Behind several lines the next suggestion may come at once.
        ("<CURSOR>\nx\n", "if a:\n    b", "if a:\n    b<CURSOR>\nx\n"),
        ("a = <CURSOR>\r\nb = 2\r\n", "1", "a = 1\r\n<CURSOR>\r\nb = 2\r\n"),
    ],
)
def test_the_document_after_taking_a_completion(document: str, text: str, after: str | None) -> None:
    snapshot = snapshot_of(document)
    expected = snapshot_of(after) if after else snapshot_of(document.replace(CURSOR, "if f:\n  <CURSOR>"))
    target = after_taking(snapshot, Completion(text, snapshot.offset, snapshot.offset, 0.9))
    assert target == expected


def test_where_the_line_goes_on_nobody_knows_what_comes() -> None:
    snapshot = snapshot_of("f(<CURSOR>, b)\n")
    assert after_taking(snapshot, Completion("a", snapshot.offset, snapshot.offset, 0.9)) is None


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> tuple[Service, FakeEngine]:
    monkeypatch.setattr(prefetch, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(prompt_warm_up, "SETTLE_SECONDS", 60.0)  # reading ahead is not what is tested here
    engine = FakeEngine(lambda prompt: "total = price + tax\n" if "price = 1\n" in prompt else "1\n")
    service = Service(Options(look_ahead=True), loader=lambda options, progress: engine)
    await service.load()
    return service, engine


PRICE = snapshot_of("price = <CURSOR>\n")
NEXT_LINE = snapshot_of("price = 1\n<CURSOR>\n")


async def shown(service: Service, snapshot: Snapshot) -> str | None:
    completion = (await service.complete(snapshot)).completion
    return completion.text if completion else None


async def until_idle(service: Service, engine: FakeEngine, requests: int) -> None:
    while len(engine.requests) < requests or service._prefetch.run is not None:  # pyright: ignore[reportPrivateUsage]  # whether it is done shows nowhere else
        await asyncio.sleep(0)


async def test_the_next_line_is_there_before_it_is_asked_for(service: tuple[Service, FakeEngine]) -> None:
    completing, engine = service
    assert await shown(completing, PRICE) == "1"
    await until_idle(completing, engine, 2)
    assert await shown(completing, NEXT_LINE) == "total = price + tax"
    assert completing.status.foreseen == 1
    assert completing.status.completions == 2


async def test_typing_along_lets_it_go_on(service: tuple[Service, FakeEngine]) -> None:
    completing, engine = service
    assert await shown(completing, NEXT_LINE) == "total = price + tax"
    await until_idle(completing, engine, 2)
    assert await shown(completing, snapshot_of("price = 1\nto<CURSOR>\n")) == "tal = price + tax"
    assert len(engine.requests) == 2


async def test_it_gives_way_to_any_other_request(service: tuple[Service, FakeEngine]) -> None:
    completing, engine = service
    assert await shown(completing, PRICE) == "1"
    engine.gate.clear()
    while len(engine.requests) < 2:
        await asyncio.sleep(0)
    other = asyncio.create_task(shown(completing, snapshot_of("tax = <CURSOR>\n")))
    while len(engine.requests) < 3:
        await asyncio.sleep(0)
    assert (await engine.streams[1].result()).finish == "cancelled"
    engine.gate.set()
    assert await other == "1"


async def test_what_is_asked_for_while_it_is_worked_out_is_waited_for(
    service: tuple[Service, FakeEngine],
) -> None:
    completing, engine = service
    assert await shown(completing, PRICE) == "1"
    engine.gate.clear()
    while len(engine.requests) < 2:
        await asyncio.sleep(0)
    asked = asyncio.create_task(shown(completing, NEXT_LINE))
    await asyncio.sleep(0)
    engine.gate.set()
    assert await asked == "total = price + tax"
    assert completing.status.foreseen == 1


async def test_without_the_option_nothing_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "IDLE_SECONDS", 0.0)
    engine = FakeEngine("1\n")
    service = Service(Options(), loader=lambda options, progress: engine)
    await service.load()
    assert await shown(service, PRICE) == "1"
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(engine.requests) == 1


async def test_unloading_ends_it(service: tuple[Service, FakeEngine]) -> None:
    completing, engine = service
    await shown(completing, PRICE)
    engine.gate.clear()
    while len(engine.requests) < 2:
        await asyncio.sleep(0)
    await completing.close()
    assert (await engine.streams[1].result()).finish == "cancelled"
