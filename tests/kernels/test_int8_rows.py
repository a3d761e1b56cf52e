"""The 8-bit product equals its specification for few tokens and for many."""

import pytest
import torch
from holesmith.kernels.int8_rows import FEW_TOKENS_MAX, Int8Rows
from holesmith.kernels.reference import int8_rows_product, quantise_rows


@pytest.mark.parametrize("tokens", [1, 3, 4, 5, FEW_TOKENS_MAX, FEW_TOKENS_MAX + 1, 70])
@pytest.mark.parametrize("with_bias", [False, True])
def test_equals_the_specification(tokens: int, with_bias: bool) -> None:
    generator = torch.Generator().manual_seed(tokens)
    codes, scale = quantise_rows(torch.randn(96, 64, generator=generator))
    bias = torch.randn(96, generator=generator).bfloat16() if with_bias else None
    inputs = torch.randn(tokens, 64, generator=generator).bfloat16()
    expected = int8_rows_product(inputs, codes, scale) + (0 if bias is None else bias.float())
    found = Int8Rows(codes, scale, bias)(inputs)
    assert float((found.float() - expected).norm() / expected.norm()) < 6e-3


def test_quantising_loses_less_than_half_a_step() -> None:
    matrix = torch.randn(40, 64, generator=torch.Generator().manual_seed(1))
    matrix[3] = 0
    codes, scale = quantise_rows(matrix)
    error = (codes.float() * scale.float()[:, None] - matrix).abs()
    assert bool((error <= 0.75 * scale.float()[:, None]).all())
    assert not codes[3].any()
