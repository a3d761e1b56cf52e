"""Typing along with a completion, shown or still being decoded, costs no engine work and changes nothing."""

import asyncio
from dataclasses import replace

import pytest
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.options import Options
from holesmith.completion.scheduling.completion_cache import CompletionCache
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Selected, Snapshot

from tests.fakes import FakeEngine

BEFORE, AFTER = "x = 1\ny = ", "\nz = 3\n"


def typed(text: str, closed: str = "") -> Snapshot:
    prefix = BEFORE + text
    return Snapshot("/shop/a.py", "python", prefix + closed + AFTER, len(prefix))


async def service_with(engine: FakeEngine) -> Service:
    service = Service(Options(check_ms_max=0), loader=lambda options, progress: engine)
    await service.load()
    return service


async def shown(service: Service, snapshot: Snapshot) -> str | None:
    completion = (await service.complete(snapshot)).completion
    if completion is None:
        return None
    assert completion.start <= snapshot.offset <= completion.stop
    return completion.text


async def test_typing_along_shows_the_rest_without_asking_the_engine() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    assert await shown(service, typed("")) == "total(basket)"
    for count in range(1, 13):
        assert await shown(service, typed("total(basket)"[:count])) == "total(basket)"[count:]
    assert len(engine.requests) == 1


async def test_a_bracket_that_the_editor_closed_is_not_shown_again() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed(""))
    assert await shown(service, typed("total(", closed=")")) == "basket"
    assert len(engine.requests) == 1


async def test_a_bracket_that_is_typed_over_is_typing_along() -> None:
    engine = FakeEngine("total(basket).amount()\n")
    service = await service_with(engine)
    at_bracket = typed("total(basket", closed=")")
    await shown(service, replace(at_bracket, invoked=True))
    asked = len(engine.requests)
    assert await shown(service, typed("")) is not None
    await shown(service, typed("total(basket", closed=")"))
    assert len(engine.requests) == asked + 1


async def test_closing_marks_that_a_completion_replaces_are_replaced_by_its_rest_too() -> None:
    engine = FakeEngine("scope, Base(1)):\n")
    service = await service_with(engine)
    at_start = typed("isinstance(", closed=")")
    await shown(service, at_start)

    async def rest_at(text: str, closed: str) -> tuple[str, int] | None:
        snapshot = typed(f"isinstance({text}", closed)
        completion = (await service.complete(snapshot)).completion
        return completion and (completion.text, completion.stop - snapshot.offset)

    assert await rest_at("", ")") == ("scope, Base(1)):", 1)
    assert await rest_at("sco", ")") == ("pe, Base(1)):", 1)
    assert await rest_at("scope, Base(", "))") == ("1)):", 2)
    assert await rest_at("scope, Base(1)", ")") == ("):", 1)
    assert await rest_at("scope, Base(1))", "") == (":", 0)
    assert len(engine.requests) == 1


async def test_a_completion_that_replaced_closing_marks_counts_as_taken() -> None:
    engine = FakeEngine("scope, Base):\n")
    service = await service_with(engine)
    await shown(service, typed("isinstance(", closed=")"))
    assert "just taken" in (await service.complete(typed("isinstance(scope, Base):"))).reason


async def test_right_after_a_line_was_taken_nothing_is_suggested_unless_asked_for() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed(""))
    taken = typed("total(basket)")
    assert await shown(service, taken) is None
    assert "just taken" in (await service.complete(taken)).reason
    assert len(engine.requests) == 1
    await shown(service, replace(taken, invoked=True))
    assert len(engine.requests) == 2
    await shown(service, typed("total(basket) "))
    assert len(engine.requests) == 3


async def test_an_item_that_reaches_over_closed_brackets_counts_as_taken_behind_them() -> None:
    engine = FakeEngine("basket\n")
    service = await service_with(engine)
    await shown(service, typed("total(", closed=")"))
    assert await shown(service, typed("total(basket)")) is None
    assert len(engine.requests) == 1


async def test_what_was_typed_to_its_end_was_not_taken() -> None:
    engine = FakeEngine("tax\n")
    service = await service_with(engine)
    for text in ("", "t", "ta"):
        await shown(service, typed(text))
    await service.complete(typed("tax"))
    assert len(engine.requests) == 2


async def test_several_lines_are_gone_on_from() -> None:
    engine = FakeEngine("[\n    1,\n]\n")
    service = await service_with(engine)
    text = await shown(service, typed(""))
    assert text == "[\n    1,\n]"
    await service.complete(typed(text))
    assert len(engine.requests) == 2


async def test_after_a_deletion_nothing_is_suggested_unless_asked_for() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed("tot"))
    deleted = replace(typed("to"), after_deletion=True)
    assert await shown(service, deleted) is None
    assert len(engine.requests) == 1
    assert await shown(service, replace(deleted, invoked=True)) is not None


async def test_the_same_request_twice_is_one_run() -> None:
    engine = FakeEngine("total(basket)\n")
    engine.gate.clear()
    service = await service_with(engine)
    ghost, menu = (asyncio.create_task(service.complete(typed(""))) for _ in range(2))
    while not engine.requests:
        await asyncio.sleep(0)
    engine.gate.set()
    assert (await ghost).completion == (await menu).completion
    assert len(engine.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        typed("tax"),
        replace(typed("to"), path="/shop/b.py"),
        Snapshot("/shop/a.py", "python", BEFORE + "to" + AFTER + "w = 4\n", len(BEFORE) + 2),
        Snapshot("/shop/a.py", "python", "x = 2\ny = to" + AFTER, len(BEFORE) + 2),
        typed("to", closed="ken"),
    ],
    ids=["other text", "other document", "changed below", "changed above", "word behind the cursor"],
)
async def test_anything_else_asks_again(other: Snapshot) -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed(""))
    await service.complete(replace(other, invoked=True))
    assert len(engine.requests) == 2


async def test_a_menu_item_that_begins_the_completion_is_typing_along() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed(""))
    snapshot = typed("to")
    start = snapshot.offset - 2
    selected = replace(snapshot, selected=Selected(start, snapshot.offset, "total"))
    assert await shown(service, selected) == "total(basket)"
    assert len(engine.requests) == 1


async def test_after_other_options_nothing_old_is_shown() -> None:
    engine = FakeEngine("total(basket)\n")
    service = await service_with(engine)
    await shown(service, typed(""))
    await service.configure(Options(tokens_max=5))
    assert await shown(service, typed("t")) != "otal(basket)"


async def until_written(engine: FakeEngine, service: Service, snapshot: Snapshot) -> None:
    """Let the run in flight write on until it covers what ``snapshot`` has typed."""
    while True:
        run = service._runs.of(snapshot.path)  # pyright: ignore[reportPrivateUsage]  # how far it is shows nowhere else
        if run is not None and run.covers(snapshot):
            break
        await asyncio.sleep(0)
    assert len(engine.requests) == 1


async def test_a_request_joins_the_one_in_flight_that_writes_what_was_typed() -> None:
    engine = FakeEngine("total(basket, discount_0, discount_1, discount_2)")
    service = await service_with(engine)
    first = asyncio.create_task(service.complete(typed("")))
    await until_written(engine, service, typed("tot"))
    second = asyncio.create_task(service.complete(typed("tot")))
    await asyncio.sleep(0)
    first.cancel()  # as a server does with what is superseded
    rest = (await second).completion
    assert rest is not None
    assert rest.text.startswith("al(basket, discount_0")
    assert len(engine.requests) == 1


async def test_a_run_that_nobody_waits_for_is_stopped() -> None:
    engine = FakeEngine("x" * 1000)
    engine.gate.clear()
    service = await service_with(engine)
    task = asyncio.create_task(service.complete(typed("")))
    while not engine.streams:
        await asyncio.sleep(0)
    task.cancel()
    assert (await engine.streams[0].result()).finish == "cancelled"


def remembered(text: str = "total(basket)") -> CompletionCache:
    recent = CompletionCache()
    snapshot = typed("")
    recent.add(snapshot, Answer(Completion(text, snapshot.offset, snapshot.offset, 0.9), "shown", "fake"))
    return recent


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        (typed("total(basket)"), True),
        (typed("total(basket) + 1"), True),
        (typed("tax"), False),
        (typed("tot"), None),
        (replace(typed("tax"), path="/shop/b.py"), None),
    ],
    ids=["taken whole", "taken and gone on", "other text", "typed along", "another document"],
)
def test_what_became_of_a_completion_shows_in_the_next_request(then: Snapshot, outcome: bool | None) -> None:
    recent = remembered()
    assert recent.outcome_of_last(then) is outcome
    if outcome is not None:
        assert recent.outcome_of_last(then) is None, "told twice"
