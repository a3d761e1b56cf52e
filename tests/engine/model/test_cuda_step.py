"""The pass with fixed shapes is the ordinary one, whatever is run, taken back and run again."""

from collections.abc import Callable

import pytest
import torch
from holesmith.engine.loading.weights import SafetensorsWeights
from holesmith.engine.model import cuda_step
from holesmith.engine.model.cuda_step import ROWS, CudaGraphStep, next_keys, next_rows
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from tests.engine.tiny_models import FAMILIES, load_directory, make_model, save_model

PROMPT = torch.randint(0, 300, (12,), generator=torch.Generator().manual_seed(3))
EDITS = st.lists(
    st.tuples(st.integers(0, 9), st.lists(st.integers(0, 299), min_size=1, max_size=ROWS[-1])),
    min_size=1,
    max_size=6,
)
"""How many tokens are taken back, and which are run then."""


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def decoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return load_directory(save_model(make_model(request.param), tmp_path_factory.mktemp("m")))


@pytest.fixture(scope="module")
def windowed(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    """One for what does not depend on the family."""
    return load_directory(save_model(make_model("gemma2"), tmp_path_factory.mktemp("m")))


@pytest.fixture(autouse=True)
def narrow_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny models have 128 positions: more than one length of keys must fit."""
    monkeypatch.setattr(cuda_step, "KEYS_MIN", 16)


def finite_cache(decoder: Decoder) -> KeyValueCache:
    """As on the devices that have static steps."""
    cache = decoder.new_cache()
    cache.keys.zero_()
    cache.values.zero_()
    return cache


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@settings(max_examples=5, deadline=None)
@given(edits=EDITS)
def test_equals_the_ordinary_pass(decoder: Decoder, edits: list[tuple[int, list[int]]]) -> None:
    plain, cache, step = decoder.new_cache(), finite_cache(decoder), CudaGraphStep(decoder.device)
    for each in (plain, cache):
        decoder.forward(PROMPT, each)
    for taken_back, ids in edits:
        length = max(cache.length - taken_back, 1)
        for each in (plain, cache):
            each.truncate(length)
        if not step.fits(len(ids), cache):
            break
        token_ids = torch.tensor(ids)
        expected = decoder.forward(token_ids, plain, len(ids))
        found = step.run(decoder.forward_at, token_ids, cache, len(ids))
        cache.length += len(ids)
        assert relative_error(found, expected) < 1e-4
        assert relative_error(cache.keys[:, :, : cache.length], plain.keys[:, :, : plain.length]) < 1e-4


def test_nothing_is_decided_by_values(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or no graph could be captured: tensors without values raise where one is asked for."""
    table = torch.zeros(300, decoder.architecture.hidden_size)

    def rows(_weights: SafetensorsWeights, _name: str, indices: Tensor) -> Tensor:
        return table[indices]

    monkeypatch.setattr(SafetensorsWeights, "rows", rows)  # files cannot be read without values
    cache = finite_cache(decoder)
    with FakeTensorMode(allow_non_fake_inputs=True), pytest.raises(DataDependentOutputException):
        int(torch.zeros(1))
    with FakeTensorMode(allow_non_fake_inputs=True):
        logits = decoder.forward_at(torch.zeros(4, dtype=torch.int64), torch.arange(4), cache, 16)
    assert logits.shape == (4, 300)


def test_reaches_the_end_of_the_cache_and_no_further(windowed: Decoder) -> None:
    plain, cache, step = windowed.new_cache(), finite_cache(windowed), CudaGraphStep(windowed.device)
    ids = torch.arange(128).flip(0)
    logits: list[Tensor] = []
    while step.fits(3, cache):
        piece = ids[cache.length : cache.length + 3]
        logits.append(step.run(windowed.forward_at, piece, cache, 1))
        cache.length += 3
    assert cache.capacity - next_rows(3) < cache.length < cache.capacity
    assert relative_error(logits[-1], windowed.forward(ids[: cache.length], plain)) < 1e-4


def test_fewer_logits_are_the_last_ones(windowed: Decoder) -> None:
    cache, step = finite_cache(windowed), CudaGraphStep(windowed.device)
    three = step.run(windowed.forward_at, PROMPT[:3], cache, 3)
    assert torch.equal(step.run(windowed.forward_at, PROMPT[:3], cache, 2), three[1:])


@pytest.mark.parametrize(("length", "keys"), [(1, 16), (16, 16), (17, 32), (33, 64), (65, 100), (100, 100)])
def test_keys_are_read_up_to_the_next_length(length: int, keys: int) -> None:
    assert next_keys(length, 100) == keys


class Recorder:
    """In place of CUDA graphs: calls that are counted, over the memory of their first run."""

    def __init__(self) -> None:
        self.captured = 0

    def capture(self, call: Callable[[], Tensor]) -> Callable[[], Tensor]:
        self.captured += 1
        logits = call()

        def replay() -> Tensor:
            return logits.copy_(call())

        return replay


def test_one_graph_for_each_shape_and_none_for_another_cache(windowed: Decoder) -> None:
    recorder = Recorder()
    step, cache = CudaGraphStep(windowed.device, recorder.capture), finite_cache(windowed)
    first = step.run(windowed.forward_at, PROMPT[:1], cache, 1)
    kept = first.clone()
    for token in PROMPT[1:4]:
        cache.length += 1
        step.run(windowed.forward_at, token[None], cache, 1)
    assert recorder.captured == 1
    assert torch.equal(first, kept), "what a pass gave must outlive the next"
    step.run(windowed.forward_at, PROMPT[:3], cache, 1)
    step.run(windowed.forward_at, PROMPT[:4], cache, 1)
    assert recorder.captured == 2
    cache.length = 20
    step.run(windowed.forward_at, PROMPT[:1], cache, 1)
    assert recorder.captured == 3
    other = finite_cache(windowed)
    assert torch.equal(step.run(windowed.forward_at, PROMPT[:1], other, 1), kept)
    assert recorder.captured == 4
