"""The engine in this process, on a tiny random model: streaming, stopping, cancelling, queueing, failing."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.errors import EngineError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.interface import Engine, ModelDescription
from holesmith.engine.loading.load import load_engine
from holesmith.engine.local import QUEUE_MAX, Loaded, LocalEngine
from holesmith.engine.request import Generation, Request, Sampling, Token

from tests.engine.tiny_models import load_directory, make_model, save_model
from tests.fakes import byte_vocabulary

PROMPT = tuple(b"def f(x):\n    return")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(make_model("qwen2"), tmp_path_factory.mktemp("qwen2"))


@pytest.fixture
async def engine(directory: Path) -> AsyncIterator[Engine]:
    engine = load_engine(WeightSource("tiny", directory, "huggingface"), "cpu")
    yield engine
    await engine.close()


def ids(generation: Generation) -> list[int]:
    return [token.id for token in generation.tokens]


async def test_streams_what_the_result_holds(engine: Engine) -> None:
    stream = engine.start(Request(PROMPT, 12, frozenset()))
    streamed = [token async for token in stream]
    result = await stream.result()
    assert tuple(streamed) == result.tokens
    assert (len(result.tokens), result.finish, result.tokens_prefilled) == (12, "length", len(PROMPT))
    assert result.timings_ms.keys() == {"queue", "prefill", "decode"}
    assert all(token.log_probability <= 0 for token in streamed)


async def test_describes_itself(engine: Engine) -> None:
    assert (engine.description.name, engine.description.architecture) == ("tiny", "qwen2")
    assert engine.description.context_tokens_max == 128


async def test_repeating_a_request_reuses_its_prefix(engine: Engine) -> None:
    first = await engine.start(Request(PROMPT, 12, frozenset())).result()
    again = await engine.start(Request(PROMPT, 12, frozenset())).result()
    assert ids(again) == ids(first)
    assert again.tokens_prefilled == 1


async def test_stop_id_ends_and_is_left_out(engine: Engine) -> None:
    whole = ids(await engine.start(Request(PROMPT, 12, frozenset())).result())
    stop = whole[4]
    result = await engine.start(Request(PROMPT, 12, frozenset({stop}))).result()
    assert (ids(result), result.finish) == (whole[: whole.index(stop)], "stop")


async def test_sampling_depends_on_the_seed_only(engine: Engine) -> None:
    async def draw(seed: int) -> list[int]:
        sampling = Sampling(temperature=1.5, top_p=0.9, seed=seed)
        return ids(await engine.start(Request(PROMPT, 20, frozenset(), sampling=sampling)).result())

    assert await draw(1) == await draw(1)
    assert await draw(1) != await draw(2)


async def test_generation_begins_with_the_required_bytes(engine: Engine) -> None:
    result = await engine.start(Request(PROMPT, 5, frozenset(), healed_prefix=b" self")).result()
    assert bytes(ids(result)[:5]) == b" self"
    assert len(result.tokens) == 5 + 5, "healed tokens do not count against the limit"


async def test_prompt_that_does_not_fit_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match="has 160 tokens, the model takes 1 to 127"):
        await engine.start(Request(PROMPT * 8, 5, frozenset())).result()
    with pytest.raises(EngineError, match="has 0 tokens"):
        await engine.start(Request((), 5, frozenset())).result()
    filled = await engine.start(Request((PROMPT * 8)[:120], 50, frozenset())).result()
    assert (len(filled.tokens), filled.finish) == (9, "length")


async def test_cancelled_request_leaves_the_engine_right(engine: Engine, directory: Path) -> None:
    stream = engine.start(Request(PROMPT, 100, frozenset()))
    async for _ in stream:
        stream.cancel()
    cancelled = await stream.result()
    assert cancelled.finish == "cancelled"
    assert len(cancelled.tokens) < 100
    fresh = load_engine(WeightSource("tiny", directory, "huggingface"), "cpu")
    expected = await fresh.start(Request(PROMPT, 20, frozenset())).result()
    assert ids(await engine.start(Request(PROMPT, 20, frozenset())).result()) == ids(expected)
    await fresh.close()


class HeldLoop:
    """A decode loop that waits until it is let go, and can fail."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.abandoned = 0
        self.error: Exception | None = None

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        self.begun.set()
        assert self.let_go.wait(20)
        if self.error is not None:
            raise self.error
        return Generation((), "cancelled" if cancelled() else "stop", 0, {})

    def abandon(self) -> None:
        self.abandoned += 1


def held_engine() -> tuple[LocalEngine, HeldLoop]:
    loop = HeldLoop()
    description = ModelDescription("held", "none", "cpu", "none", 100)
    return LocalEngine(Loaded(loop, byte_vocabulary(), description)), loop


async def test_cancelling_has_the_running_request_abandoned_and_no_other() -> None:
    engine, loop = held_engine()
    first, second = (engine.start(Request((1,), 1, frozenset())) for _ in range(2))
    assert await asyncio.to_thread(loop.begun.wait, 20)
    second.cancel()
    assert loop.abandoned == 0
    first.cancel()
    first.cancel()
    assert loop.abandoned == 1
    loop.let_go.set()
    assert [(await each.result()).finish for each in (first, second)] == ["cancelled", "cancelled"]
    await engine.close()
    assert loop.abandoned == 1


async def test_a_cancelled_request_that_waits_ends_at_once_and_leaves_its_place_to_others() -> None:
    engine, loop = held_engine()
    running = engine.start(Request((1,), 1, frozenset()))
    assert await asyncio.to_thread(loop.begun.wait, 20)
    for _ in range(3 * QUEUE_MAX):
        overtaken = engine.start(Request((1,), 1, frozenset()))
        overtaken.cancel()
        assert (await overtaken.result()).finish == "cancelled"
        assert [token async for token in overtaken] == []
    last = engine.start(Request((1,), 1, frozenset()))
    loop.let_go.set()
    assert [(await each.result()).finish for each in (running, last)] == ["stop", "stop"]
    await engine.close()


async def test_full_queue_is_told_and_closing_answers_everyone() -> None:
    engine, loop = held_engine()
    streams = [engine.start(Request((1,), 1, frozenset())) for _ in range(QUEUE_MAX + 5)]
    with pytest.raises(EngineError, match="busy"):
        await streams[-1].result()
    loop.let_go.set()
    await engine.close()
    await engine.close()
    settled = await asyncio.gather(*(stream.result() for stream in streams), return_exceptions=True)
    assert len(settled) == QUEUE_MAX + 5
    with pytest.raises(EngineError, match="closed"):
        await engine.start(Request((1,), 1, frozenset())).result()


async def test_failure_is_that_request_s_and_the_engine_lives() -> None:
    engine, loop = held_engine()
    loop.let_go.set()
    loop.error = ZeroDivisionError("by zero")
    stream = engine.start(Request((1,), 1, frozenset()))
    with pytest.raises(EngineError, match="decoding failed: ZeroDivisionError: by zero"):
        await stream.result()
    assert [token async for token in stream] == []
    loop.error = None
    assert (await engine.start(Request((1,), 1, frozenset())).result()).finish == "stop"
    await engine.close()


async def test_not_a_number_is_an_error(tmp_path: Path) -> None:
    model = make_model("qwen2")
    with torch.no_grad():
        next(model.parameters()).mul_(math.nan)
    loop = DecodeLoop(load_directory(save_model(model, tmp_path)), byte_vocabulary())
    with pytest.raises(EngineError, match="not numbers"):
        loop.run(Request(PROMPT, 5, frozenset()), lambda _: None, lambda: False)
