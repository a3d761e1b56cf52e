"""A few tokens run in one piece of machine code: the same as layer by layer, for every family."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.assembly import assemble
from holesmith.engine.loading.configuration import architecture_from_config
from holesmith.engine.loading.packing import packed_matrices
from holesmith.engine.loading.weights import SafetensorsWeights
from holesmith.engine.model.cpu_step import cpu_step_of
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.kernels.machine_code.decode_step import TOKENS_MAX
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED
from holesmith.kernels.workers import Workers
from torch import Tensor

from tests.engine.tiny_models import FAMILIES, make_model, save_model

pytestmark = pytest.mark.skipif(not IS_SUPPORTED, reason="no dot-product instruction here")

IDS = torch.randint(0, 300, (40,), generator=torch.Generator().manual_seed(3))
LONG = TOKENS_MAX + 5


def packed_decoder(directory: Path, threads: int = 1) -> Decoder:
    """With low-bit matrices, as the engine loads it."""
    architecture = architecture_from_config(json.loads((directory / "config.json").read_text()))
    assert architecture is not None
    weights = SafetensorsWeights(directory, architecture)
    source = WeightSource("tiny", directory, "huggingface")
    matrices = packed_matrices(source, architecture, weights, Workers(threads), no_progress)
    dtypes = torch.float32, torch.bfloat16
    return assemble(architecture, weights, torch.device("cpu"), dtypes, 128, matrices, no_progress)


def no_progress(_stage: str, _share: float) -> None:
    pass


def filled(decoder: Decoder) -> KeyValueCache:
    cache = decoder.new_cache()
    decoder.forward(IDS[:LONG], cache)
    return cache


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_logits_equal_layer_by_layer(family: str, tmp_path: Path) -> None:
    decoder = packed_decoder(save_model(make_model(family), tmp_path))
    cache = filled(decoder)
    at_once = decoder.forward(IDS[LONG : LONG + TOKENS_MAX], cache, TOKENS_MAX)
    plain = decoder.new_cache()
    layer_by_layer = decoder.forward(IDS[: LONG + TOKENS_MAX], plain, TOKENS_MAX)
    # Rounding inputs to 8 bits turns a last-digit difference into a step, now and then.
    assert relative_error(at_once, layer_by_layer) < 2e-2
    assert relative_error(cache.keys[:, :, : cache.length], plain.keys[:, :, : plain.length]) < 2e-2


@pytest.mark.parametrize("family", ["qwen2", "gemma2", "gemma3", "starcoder2"])
def test_tokens_one_by_one_and_threads_change_nothing(family: str, tmp_path: Path) -> None:
    directory = save_model(make_model(family), tmp_path)
    decoder, threaded = packed_decoder(directory), packed_decoder(directory, 3)
    cache, other = filled(decoder), filled(threaded)
    at_once = threaded.forward(IDS[LONG : LONG + 6], other, 6)
    for token, expected in zip(IDS[LONG : LONG + 6], at_once, strict=True):
        assert torch.equal(decoder.forward(token[None], cache)[0], expected)
    assert torch.equal(cache.keys[:, :, : cache.length], other.keys[:, :, : other.length])


def test_rolling_back_leaves_nothing_behind(tmp_path: Path) -> None:
    decoder = packed_decoder(save_model(make_model("qwen2"), tmp_path))
    cache = filled(decoder)
    expected = decoder.forward(IDS[LONG : LONG + 2], cache)
    cache.truncate(LONG)
    decoder.forward(IDS.flip(0)[:5], cache)
    cache.truncate(LONG)
    assert torch.equal(decoder.forward(IDS[LONG : LONG + 2], cache), expected)


def test_an_abandoned_step_ends_early_and_leaves_nothing_behind(tmp_path: Path) -> None:
    decoder = packed_decoder(save_model(make_model("qwen2"), tmp_path))
    cache = filled(decoder)
    expected = decoder.forward(IDS[LONG : LONG + 1], cache).clone()
    cache.truncate(LONG)
    cache.keys[:, :, LONG] = 0
    decoder.forward(IDS[LONG : LONG + 1], cache, on_launched=decoder.abandon)
    assert not cache.keys[:, :, LONG].any()
    cache.truncate(LONG)
    decoder.abandon()  # between two steps
    assert torch.equal(decoder.forward(IDS[LONG : LONG + 1], cache), expected)


def test_abandoning_at_any_moment_disturbs_no_later_step(tmp_path: Path) -> None:
    decoder = packed_decoder(save_model(make_model("qwen2"), tmp_path), threads=3)
    cache = filled(decoder)
    expected = decoder.forward(IDS[LONG : LONG + 1], cache).clone()
    is_over = threading.Event()

    def nag() -> None:
        while not is_over.is_set():
            decoder.abandon()

    nagging = threading.Thread(target=nag)
    nagging.start()
    for _ in range(200):
        cache.truncate(LONG)
        decoder.forward(IDS[LONG : LONG + 1], cache)
    is_over.set()
    nagging.join()
    cache.truncate(LONG)
    assert torch.equal(decoder.forward(IDS[LONG : LONG + 1], cache), expected)


def test_a_model_of_plain_matrices_runs_layer_by_layer(tmp_path: Path) -> None:
    from tests.engine.tiny_models import load_directory

    decoder = load_directory(save_model(make_model("qwen2"), tmp_path))
    assert decoder.forward(IDS[:1], decoder.new_cache()).isfinite().all()


def short_cache(cache: KeyValueCache) -> None:
    cache.keys = cache.keys[:, :, : LONG + 1].contiguous()
    cache.values = cache.values[:, :, : LONG + 1].contiguous()


def few_layers(cache: KeyValueCache) -> None:
    cache.keys = cache.keys[:1]


def narrow_heads(cache: KeyValueCache) -> None:
    cache.values = cache.values[..., :-2].contiguous()


def other_type(cache: KeyValueCache) -> None:
    cache.keys = cache.keys.bfloat16()


def gaps(cache: KeyValueCache) -> None:
    cache.keys = cache.keys.transpose(1, 2).contiguous().transpose(1, 2)


def too_long(cache: KeyValueCache) -> None:
    """A cache for more positions than there are angles."""
    cache.keys, cache.values = (torch.cat([part] * 3, dim=2) for part in (cache.keys, cache.values))
    cache.length = 200


@pytest.mark.parametrize("change", [short_cache, few_layers, narrow_heads, other_type, gaps, too_long])
def test_a_cache_of_other_sizes_never_reaches_compiled_code(
    change: Callable[[KeyValueCache], None], tmp_path: Path
) -> None:
    decoder = packed_decoder(save_model(make_model("qwen2"), tmp_path))
    cache = filled(decoder)
    change(cache)
    with pytest.raises(AssertionError):
        decoder.forward(IDS[:4], cache)


def test_layers_of_different_sizes_make_no_step(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    decoder = packed_decoder(directory)
    parts, architecture = decoder._parts, decoder.architecture  # pyright: ignore[reportPrivateUsage]  # what it is made of
    first, *others = parts.layers
    for swapped in (
        replace(first, qkv=first.feed_forward_input),
        replace(first, down_proj=first.attention_output),
        replace(first, feed_forward_input=first.qkv),
        replace(first, gated=False),
        replace(first, attention_norm=replace(first.attention_norm, scale=torch.ones(8))),
    ):
        with pytest.raises(AssertionError):
            cpu_step_of(architecture, replace(parts, layers=(*others, swapped)), 128)
