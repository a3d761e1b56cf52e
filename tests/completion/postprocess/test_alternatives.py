"""Asked for by hand there may be several completions, each of which begins otherwise."""

from dataclasses import replace

import pytest
from holesmith.completion.answer import Completion
from holesmith.completion.options import Options
from holesmith.completion.postprocess.alternatives import distinct, parting_of
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.prompt import Hole, build_prompt
from holesmith.context.prompt.templates import template_for
from holesmith.engine.request import Token

from tests.fakes import FakeEngine, byte_vocabulary

TEXT = "x = 1\ny = \nz = 3\n"
ASKED = Snapshot("/shop/a.py", "python", TEXT, TEXT.index("\nz"), invoked=True)


async def service_with(*others: str, candidates_max: int = 3) -> tuple[Service, FakeEngine]:
    engine = FakeEngine("x + 1\n", vocabulary=byte_vocabulary(["xs"]))
    engine.others = others
    service = Service(Options(candidates_max=candidates_max), loader=lambda options, progress: engine)
    await service.load()
    return service, engine


async def texts(service: Service, snapshot: Snapshot = ASKED) -> list[str]:
    answer = await service.complete(snapshot)
    assert answer.completion is not None
    return [completion.text for completion in (answer.completion, *answer.alternatives)]


async def test_asked_for_by_hand_there_are_several() -> None:
    service, engine = await service_with("2\n", "f(x)\n")
    assert await texts(service) == ["x + 1", "2", "f(x)"]
    assert [len(request.excluded_first) for request in engine.requests] == [0, 1, 2]


async def test_while_typing_there_is_one() -> None:
    service, engine = await service_with("2\n")
    assert await texts(service, replace(ASKED, invoked=False)) == ["x + 1"]
    assert len(engine.requests) == 1


async def test_those_that_come_to_the_same_or_to_nothing_are_left_out() -> None:
    service, _ = await service_with("  x  + 1\n", "\n", "3\n")
    assert await texts(service) == ["x + 1", "3"]


async def test_where_the_model_has_no_other_beginning_there_are_no_more() -> None:
    service, engine = await service_with()
    assert await texts(service) == ["x + 1"]
    assert len(engine.requests) == 2


async def test_typing_along_keeps_those_that_agree() -> None:
    service, engine = await service_with("xs[0]\n", "f(x)\n")
    assert await texts(service) == ["x + 1", "xs[0]", "f(x)"]
    typed = replace(ASKED, text=TEXT.replace("y = ", "y = x"), offset=ASKED.offset + 1, invoked=False)
    assert await texts(service, typed) == [" + 1", "s[0]"]
    further = replace(typed, text=TEXT.replace("y = ", "y = xs"), offset=ASKED.offset + 2)
    assert await texts(service, further) == ["[0]"]
    assert len(engine.requests) == 3


async def test_what_was_shown_while_typing_gets_alternatives_when_asked_for() -> None:
    service, _ = await service_with("2\n", "3\n")
    assert await texts(service, replace(ASKED, invoked=False)) == ["x + 1"]
    assert await texts(service) == ["x + 1", "2", "3"]


@pytest.mark.parametrize(
    ("demanded", "spellings", "kept", "first"),
    [
        (" to", [b" to", b"tal"], " to", 1),
        (" to", [b" total"], "", 0),
        (" to", [b" ", b"total"], " ", 1),
        (" to", [b" ", b"to"], " to", None),
        ("", [b"f"], "", 0),
        # Half a character is no text.
        ("é", [b"\xc3", b"\xa9", b"f"], "é", 2),
        ("é", [b"\xc3", b"\xa9f"], "", 0),
    ],
)
def test_they_part_right_of_the_cursor(
    demanded: str, spellings: list[bytes], kept: str, first: int | None
) -> None:
    vocabulary = byte_vocabulary()
    prompt = build_prompt(Hole("y = ", "\n", "a.py", "shop"), template_for(vocabulary), vocabulary, 200)
    prompt = replace(prompt, healed_prefix=demanded)
    tokens = [Token(order, -0.1) for order in range(len(spellings))]
    parting = parting_of(prompt, tokens, spellings.__getitem__)
    assert parting.prompt.healed_prefix == demanded.removeprefix(kept)
    assert parting.prompt.text == prompt.text + kept
    assert parting.first == first


def test_distinct_keeps_the_first_of_the_same() -> None:
    completions = [Completion(text, 0, 0, 0.5) for text in ("a b", "c", "ab", "a\nb", "d")]
    assert [each.text for each in distinct(completions)] == ["a b", "c", "d"]
