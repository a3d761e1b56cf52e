"""The fake engine keeps the promises of the interface, or tests built on it would prove nothing."""

import pytest
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine
from holesmith.engine.request import Request

from tests.fakes import FakeEngine, byte_vocabulary


def request_of(engine: FakeEngine, text: str, tokens_max: int = 100) -> Request:
    return Request(tuple(engine.vocabulary.encode(text)), tokens_max, engine.vocabulary.end_ids)


async def test_streams_the_scripted_text() -> None:
    engine = FakeEngine("return x")
    protocol: Engine = engine
    stream = protocol.start(request_of(engine, "def f(x):"))
    text = engine.vocabulary.decode([token.id async for token in stream])
    result = await stream.result()
    assert (text, result.finish) == ("return x", "stop")
    assert engine.vocabulary.decode([token.id for token in result.tokens]) == "return x"


async def test_answers_by_prompt_and_records_it() -> None:
    engine = FakeEngine(lambda prompt: "yes" if prompt.endswith("<|fim_middle|>") else "no")
    middle = engine.vocabulary.special_id("<|fim_middle|>")
    assert middle is not None
    result = await engine.start(Request((97, middle), 10, frozenset())).result()
    assert engine.vocabulary.decode([token.id for token in result.tokens]) == "yes"
    assert engine.prompt_text(engine.requests[0]) == "a<|fim_middle|>"


async def test_length_and_cancellation_and_errors() -> None:
    engine = FakeEngine("0123456789")
    assert (await engine.start(request_of(engine, "", 4)).result()).finish == "length"
    stream = engine.start(request_of(engine, ""))
    stream.cancel()
    stream.cancel()
    assert (await stream.result()).finish == "cancelled"
    engine.error = EngineError("no memory")
    with pytest.raises(EngineError, match="no memory"):
        await engine.start(request_of(engine, "")).result()


async def test_waits_at_the_gate() -> None:
    engine = FakeEngine("abc")
    engine.gate.clear()
    stream = engine.start(request_of(engine, ""))
    engine.gate.set()
    assert len((await stream.result()).tokens) == 3


def test_words_are_single_tokens_and_special_text_stays_text() -> None:
    vocabulary = byte_vocabulary(words=[" self", ".get"])
    assert len(vocabulary.encode("x self.get")) == 3
    assert vocabulary.special_ids.isdisjoint(vocabulary.encode("<|fim_middle|>"))
    assert vocabulary.decode(vocabulary.encode("é <|fim_middle|>")) == "é <|fim_middle|>"
