"""The 4-bit product equals its specification, for few tokens and for many."""

import pytest
import torch
from holesmith.kernels.int4_groups import FEW_TOKENS_MAX, Int4Groups, pack_codes, pack_scales
from holesmith.kernels.int8_rows import Int8Rows
from holesmith.kernels.reference import int4_groups_product, quantise_rows


@pytest.mark.parametrize("tokens", [1, 4, FEW_TOKENS_MAX, FEW_TOKENS_MAX + 1, 40])
@pytest.mark.parametrize(("outputs", "inputs"), [(64, 128), (48, 64), (16, 32)])
def test_equals_the_specification(tokens: int, outputs: int, inputs: int) -> None:
    generator = torch.Generator().manual_seed(tokens)
    codes = torch.randint(0, 16, (outputs, inputs), generator=generator)
    scale = torch.rand(outputs, inputs // 32, generator=generator) + 0.1
    minimum = -8 * scale + torch.randn(scale.shape, generator=generator)
    grouped = codes.unflatten(1, (-1, 32)) * scale[:, :, None] + minimum[:, :, None]
    bias = torch.randn(outputs, generator=generator).bfloat16()
    eight_bits = Int8Rows(*quantise_rows(grouped.flatten(1)), bias)
    matrix = Int4Groups(pack_codes(codes), pack_scales(scale, minimum), eight_bits)
    rows = torch.randn(tokens, inputs, generator=generator).bfloat16()
    expected = int4_groups_product(rows, codes, scale, minimum) + bias.float()
    assert float((matrix(rows).float() - expected).norm() / expected.norm()) < 1e-2
