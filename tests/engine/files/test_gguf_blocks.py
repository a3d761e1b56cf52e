"""Our unpacking of GGUF's block formats gives the same values as the reference package."""

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from gguf.quants import dequantize
from holesmith.engine.files.gguf_blocks import BLOCKS, dequantise

QUANTISED = sorted(name for name, block in BLOCKS.items() if block.unpack is not None)


def random_blocks(name: str, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Blocks of random bits whose float16 fields are finite."""
    generator = np.random.default_rng(7)
    raw = generator.integers(0, 256, (count, BLOCKS[name].bytes_count), dtype=np.uint8)
    halves = {"Q2_K": (80, 82), "Q3_K": (108,), "Q6_K": (208,)}.get(name, (0, 2))
    for start in halves:
        if name in ("Q4_0", "Q5_0", "Q8_0") and start == 2:
            continue
        raw[:, start : start + 2] = (
            generator.normal(0, 0.1, count).astype(np.float16).view(np.uint8).reshape(-1, 2)
        )
    return raw


@pytest.mark.parametrize("name", QUANTISED)
def test_equals_the_reference(name: str) -> None:
    raw = random_blocks(name, 64)
    expected = dequantize(raw, GGMLQuantizationType[name]).flatten()
    np.testing.assert_allclose(
        dequantise(torch.from_numpy(raw), name).numpy(), expected, rtol=1e-5, atol=1e-6
    )


def test_codes_agree_with_the_reference_package() -> None:
    assert {name: block.code for name, block in BLOCKS.items()} == {
        name: GGMLQuantizationType[name].value for name in BLOCKS
    }
