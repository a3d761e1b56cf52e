"""Our decoder computes what transformers computes, for every family, in one go and piece by piece."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.engine.tiny_models import FAMILIES, load_directory, make_model, save_model

IDS = torch.randint(0, 300, (24,), generator=torch.Generator().manual_seed(3))


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_logits_equal_transformers(family: str, tmp_path: Path) -> None:
    model = make_model(family)
    with torch.inference_mode():
        expected = model(IDS[None]).logits[0]
    decoder = load_directory(save_model(model, tmp_path))
    found = decoder.forward(IDS, decoder.new_cache(), len(IDS))
    assert found.shape == expected.shape
    assert relative_error(found, expected) < 1e-4


@pytest.mark.parametrize("family", ["qwen2", "gemma2", "starcoder2"])
def test_pieces_and_rollback_change_nothing(family: str, tmp_path: Path) -> None:
    decoder = load_directory(save_model(make_model(family), tmp_path))
    whole = decoder.forward(IDS, decoder.new_cache())
    cache = decoder.new_cache()
    decoder.forward(IDS[:10], cache)
    decoder.forward(IDS.flip(0)[:7], cache)
    cache.truncate(10)
    for token_id in IDS[10:15]:
        decoder.forward(token_id[None], cache)
    assert relative_error(decoder.forward(IDS[15:], cache), whole) < 1e-4
    assert cache.length == len(IDS)
