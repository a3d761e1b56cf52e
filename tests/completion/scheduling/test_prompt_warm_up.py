"""In a pause the prompt is read for where the cursor is, so that the next request reads its own line only."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from holesmith.completion.options import Options
from holesmith.completion.postprocess.filters import AFTER_DELETION
from holesmith.completion.scheduling import prompt_warm_up
from holesmith.completion.scheduling.prompt_reader import PIECE_TOKENS
from holesmith.completion.scheduling.prompt_warm_up import UNUSED_MAX, PromptWarmUp
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.errors import EngineError

from tests.completion.pauses import at_rest
from tests.fakes import FakeEngine

ABOVE = "".join(f"price_{number} = {number}\n" for number in range(20))
BELOW = "\nprint(total)\n"
OPTIONS = Options(look_ahead=True, debounce_ms_max=0)


def at(line: str, path: str = "/shop/a.py", above: str = ABOVE) -> Snapshot:
    prefix = above + line
    return Snapshot(path, "python", prefix + BELOW, len(prefix))


async def started(engine: FakeEngine, options: Options = OPTIONS) -> Service:
    service = Service(options, loader=lambda _options, _progress: engine)
    await service.load()
    return service


@pytest.fixture(autouse=True)
def no_idle_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_warm_up, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 0.0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def until_read(service: Service, count: int = 1) -> None:
    await until(lambda: service.status.read_ahead == count)


async def test_after_an_edit_the_next_request_reads_its_own_line_only() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    service.edited(lambda: at("total = "))
    await until_read(service)
    answer = await service.complete(at("total = price_"))
    assert answer.completion is not None
    assert answer.prompt_tokens > 2 * PIECE_TOKENS
    assert answer.prefilled_tokens <= len("total = price_")


async def test_in_a_new_place_no_pause_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 60.0)
    service = await started(FakeEngine("1\n"))
    service.edited(lambda: at("t"))
    await until_read(service)
    answer = await service.complete(at("total = price_"))
    assert answer.prefilled_tokens <= len("total = price_")


async def test_a_request_in_a_new_place_has_it_read_while_it_waits_for_the_typist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 60.0)
    service = await started(FakeEngine("1\n"), replace(OPTIONS, debounce_ms_max=2_000))
    answer = await service.complete(at("total = price_"))
    assert answer.completion is not None
    assert service.status.read_ahead == 1
    assert answer.prefilled_tokens <= len("total = price_")


async def reading(engine: FakeEngine, line: str) -> Service:
    """A service whose engine is held in the first piece of the prompt for a line."""
    service = await started(engine)
    engine.gate.clear()
    service.edited(lambda: at(line))
    await until(lambda: len(engine.requests) == 1)
    return service


async def test_typing_on_along_the_line_does_not_stop_the_reading() -> None:
    engine = FakeEngine("1\n")
    service = await reading(engine, "t")
    for line in ("to", "tot", "tota"):
        service.edited(lambda line=line: at(line))
        for _ in range(10):
            await asyncio.sleep(0)
    assert len(engine.requests) == 1
    engine.gate.set()
    await until_read(service)
    assert (await engine.streams[0].result()).finish != "cancelled"


async def test_an_edit_in_another_place_stops_the_reading() -> None:
    engine = FakeEngine("1\n")
    service = await reading(engine, "t")
    service.edited(lambda: at("", above=ABOVE + "t\n"))
    assert (await engine.streams[0].result()).finish == "cancelled"
    await until_read(service)


@pytest.mark.parametrize("given_up", [0, 3])
async def test_a_request_on_the_line_that_is_being_read_waits_for_that_and_reads_its_own_line(
    given_up: int,
) -> None:
    engine = FakeEngine("1\n")
    service = await reading(engine, "t")
    for count in range(given_up):
        overtaken = asyncio.create_task(service.complete(at("total"[: count + 2])))
        await asyncio.sleep(0.02)
        overtaken.cancel()
        await asyncio.wait([overtaken])
    asked = asyncio.create_task(service.complete(at("total = price_")))
    await asyncio.sleep(0.02)
    assert len(engine.requests) == 1
    engine.gate.set()
    answer = await asked
    assert answer.completion is not None
    assert answer.prefilled_tokens <= len("total = price_")
    assert (await engine.streams[0].result()).finish != "cancelled"


async def test_without_an_edit_before_it_a_request_reads_everything() -> None:
    answer = await (await started(FakeEngine("1\n"))).complete(at("total = price_"))
    assert answer.prefilled_tokens == answer.prompt_tokens


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (replace(at("total = pri"), after_deletion=True), AFTER_DELETION),
        (replace(at("total = price"), offset=len(ABOVE) + 9), "the cursor is in the middle of a word"),
        (at("# the sum of "), "the cursor is in a comment"),
    ],
)
async def test_where_nothing_is_offered_by_rule_the_next_request_is_got_ready_for(
    refused: Snapshot, reason: str
) -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    assert (await service.complete(refused)).reason == reason
    await until_read(service)
    asked = replace(refused, after_deletion=False, invoked=True)
    answer = await service.complete(asked)
    assert answer.prefilled_tokens <= len("total = price")
    assert service.status.completions == 1


async def test_what_was_asked_while_the_model_loaded_is_read_first() -> None:
    service = Service(OPTIONS, loader=lambda _options, _progress: FakeEngine("1\n"))
    await service.complete(at("total = "))
    await at_rest(service)
    await service.load()
    await until_read(service)


async def test_a_request_stops_the_reading_and_does_not_wait_for_it() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    engine.gate.clear()
    service.edited(lambda: at("total = "))
    await until(lambda: len(engine.requests) == 1)
    other = asyncio.create_task(service.complete(at("total = ", "/shop/b.py", above="x = 1\n")))
    assert (await engine.streams[0].result()).finish == "cancelled"
    assert (await other).completion is not None
    assert len(engine.requests) == 2
    assert service.status.read_ahead == 0
    assert service.status.read_ahead_ms > 0


async def test_a_request_cancels_what_waits_for_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_warm_up, "SETTLE_SECONDS", 60.0)
    engine = FakeEngine("1\n")
    service = await started(engine)
    service.edited(lambda: at("total = "))
    await service.complete(at("total = "))
    await at_rest(service)
    assert len(engine.requests) == 1


async def test_it_waits_for_no_run_and_disturbs_none() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    engine.gate.clear()
    asked = asyncio.create_task(service.complete(at("total = ")))
    await until(lambda: len(engine.requests) == 1)
    service.edited(lambda: at("total = ", "/shop/b.py"))
    await at_rest(service)
    engine.gate.set()
    assert (await asked).completion is not None
    assert len(engine.requests) == 1


async def test_the_engine_is_asked_for_one_token_a_piece_and_nothing_is_shown() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    service.edited(lambda: at("total = "))
    await until_read(service)
    lengths = [len(request.token_ids) for request in engine.requests]
    assert lengths[:-1] == [PIECE_TOKENS * (order + 1) for order in range(len(lengths) - 1)]
    assert {request.tokens_max for request in engine.requests} == {1}
    status = service.status
    assert (status.requests, status.completions, status.foreseen, status.work_ms_used) == (0, 0, 0, 0)
    assert status.work_ms == status.read_ahead_ms > 0
    assert (await service.complete(at("total = "))).reason == "shown"


async def test_a_line_is_read_once() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    for line in ("t", "to", "tot"):
        service.edited(lambda line=line: at(line))
        await at_rest(service)
    assert service.status.read_ahead == 1
    asked = len(engine.requests)
    await service.complete(at("total = ", above="x = 1\n"))
    service.edited(lambda: at("total = p", above="x = 1\n"))
    await at_rest(service)
    assert len(engine.requests) == asked + 1
    service.edited(lambda: at("", above=ABOVE + "x = 1\n"))
    await until_read(service, 2)


async def test_what_no_request_follows_is_not_gone_on_with() -> None:
    service = await started(FakeEngine("1\n"))
    for number in range(UNUSED_MAX + 3):
        service.edited(lambda number=number: at("", above=f"x = {number}\n"))
        await at_rest(service)
    assert service.status.read_ahead == UNUSED_MAX
    await service.complete(at("total = "))
    service.edited(lambda: at("", above="y = 1\n"))
    await until_read(service, UNUSED_MAX + 1)


@pytest.mark.parametrize(
    "unread",
    [at("KEY=", "/shop/.env"), at("x\0"), at("x" * 6_000), None],
    ids=["secret", "binary", "long line", "unknown place"],
)
async def test_what_is_never_completed_is_never_read(unread: Snapshot | None) -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    service.edited(lambda: unread)
    await at_rest(service)
    assert not engine.requests


async def test_without_the_setting_nothing_is_read() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    service.edited(lambda: at("total = "))
    await service.configure(Options())
    service.edited(lambda: at("total = "))
    await at_rest(service)
    assert not engine.requests


async def test_another_model_reads_anew() -> None:
    engines = [FakeEngine("1\n"), FakeEngine("1\n")]
    waiting = list(engines)
    service = Service(OPTIONS, loader=lambda _options, _progress: waiting.pop(0))
    await service.load()
    service.edited(lambda: at("total = "))
    await until_read(service)
    await service.configure(replace(OPTIONS, model="other"))
    service.edited(lambda: at("total = "))
    await until_read(service, 2)
    assert engines[1].requests


async def test_a_reading_that_succeeds_ends_the_message_of_an_earlier_failure() -> None:
    engine = FakeEngine("1\n", error=EngineError("the engine is busy: 16 requests are waiting"))
    service = await started(engine)
    await service.complete(at("total = "))
    assert "busy" in service.status.message
    engine.error = None
    service.edited(lambda: at("", above=ABOVE + "total = 1\n"))
    await until_read(service)
    assert service.status.message == "fake on cpu"


async def test_the_next_key_has_its_line_read_again_when_the_background_has_found_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 60.0)
    read: list[Snapshot] = []

    async def note(snapshot: Snapshot, anew: bool) -> bool:
        assert not anew
        read.append(snapshot)
        return True

    async def press() -> None:
        warm_up.begin(lambda: at("total"))
        for _ in range(10):
            await asyncio.sleep(0)

    warm_up = PromptWarmUp(note)
    await press()
    await press()
    assert len(read) == 1
    warm_up.forget_lines()
    await press()
    assert len(read) == 2
    warm_up.stop()


async def test_a_failure_of_the_engine_is_left_to_who_asks() -> None:
    engine = FakeEngine("1\n", error=EngineError("out of memory"))
    service = await started(engine)
    service.edited(lambda: at("total = "))
    await at_rest(service)
    assert (service.status.failures, service.status.read_ahead) == (0, 0)


async def test_closing_ends_it() -> None:
    engine = FakeEngine("1\n")
    service = await started(engine)
    engine.gate.clear()
    service.edited(lambda: at("total = "))
    await until(lambda: len(engine.requests) == 1)
    await service.close()
    assert (await engine.streams[0].result()).finish == "cancelled"


async def test_a_line_whose_reading_failed_is_read_at_the_next_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 60.0)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    readings: list[Snapshot] = []

    async def read(snapshot: Snapshot, anew: bool) -> bool:
        readings.append(snapshot)
        raise RecursionError

    warm_up = PromptWarmUp(read)
    warm_up.begin(lambda: at("t"))
    await until(lambda: len(readings) == 1)
    warm_up.begin(lambda: at("to"))
    await until(lambda: len(readings) == 2)
    warm_up.stop()
