"""Constrained decoding on a tiny random model: what comes out keeps to the constraints, and why it ended."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import torch
from holesmith.engine.constraints.guide import Guide, MaskCache
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.interface import Engine
from holesmith.engine.loading.load import load_engine
from holesmith.engine.request import Constraint, Generation, Request, Sampling

from tests.engine.tiny_models import make_model, save_model

PROMPT = tuple(b"x = basket")
NAMES = (b"total", b"total_pages", b"put")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(make_model("qwen2"), tmp_path_factory.mktemp("qwen2"))


@pytest.fixture
async def engine(directory: Path) -> AsyncIterator[Engine]:
    engine = load_engine(WeightSource("tiny", directory, "huggingface"), "cpu")
    yield engine
    await engine.close()


async def written(engine: Engine, request: Request) -> tuple[bytes, Generation]:
    generation = await engine.start(request).result()
    spell = engine.vocabulary.token_bytes
    return b"".join(spell(token.id) for token in generation.tokens), generation


def keeps(text: bytes) -> bool:
    return any(
        text.startswith(b"." + name) and not text[len(name) + 1 : len(name) + 2].isalnum() for name in NAMES
    )


@pytest.mark.parametrize("temperature", [0.0, 1.5])
async def test_what_is_written_keeps_to_the_constraint(engine: Engine, temperature: float) -> None:
    constraint = Constraint(NAMES, lead=b".")
    for seed in range(4):
        sampling = Sampling(temperature, seed=seed)
        request = Request(PROMPT, 16, frozenset(), sampling=sampling, constraints=(constraint,))
        text, generation = await written(engine, request)
        assert keeps(text), text
        assert generation.constraints_dropped == 0


async def test_healing_and_a_constraint_hold_together(engine: Engine) -> None:
    request = Request(
        PROMPT, 12, frozenset(), healed_prefix=b".to", constraints=(Constraint(NAMES, lead=b"."),)
    )
    text, _ = await written(engine, request)
    assert text.startswith(b".total")
    assert keeps(text)


async def test_a_constraint_that_nothing_can_satisfy_is_given_up_and_counted(engine: Engine) -> None:
    request = Request(
        PROMPT, 8, frozenset(), healed_prefix=b".x", constraints=(Constraint(NAMES, lead=b"."),)
    )
    text, generation = await written(engine, request)
    assert text.startswith(b".x")
    assert generation.constraints_dropped == 1


async def test_a_preference_bends_but_does_not_break(engine: Engine) -> None:
    def asking(penalty: float) -> Request:
        return Request(PROMPT, 12, frozenset(), constraints=(Constraint(NAMES, lead=b".", penalty=penalty),))

    free, _ = await written(engine, Request(PROMPT, 12, frozenset()))
    assert (await written(engine, asking(0.0)))[0] == free
    assert keeps((await written(engine, asking(1e4)))[0])


def test_the_generation_may_end_where_a_name_is_complete() -> None:
    spellings = [bytes([byte]) for byte in range(256)] + [b""]
    request = Request((1,), 1, frozenset({256}), constraints=(Constraint((b"ab", b"abc")),))
    guide = Guide(request, MaskCache(TokenIndex(spellings)))
    device = torch.device("cpu")

    def allowed() -> set[int]:
        ids = guide.allowed(device)
        assert ids is not None
        return set(ids.tolist())

    assert allowed() == set(b"a")
    guide.advance(b"a")
    assert allowed() == set(b"b")
    guide.advance(b"b")
    assert 256 in allowed()
    assert set(b"c( .") <= allowed()
    assert ord("d") not in allowed()
    guide.advance(b"(")
    assert guide.allowed(device) is None
