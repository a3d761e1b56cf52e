"""The product in torch has the values of the matrix that it stands for, for any size and number of inputs."""

import pytest
import torch
from holesmith.kernels.int8_rows import FEW_TOKENS_MAX
from holesmith.kernels.low_bit_matrix import (
    LowBitMatrix,
    pack_group_scales,
    pack_groups,
    pack_rows,
    pad_vector,
    unpack_group_scales,
    unpack_groups,
    unpack_rows,
)
from holesmith.kernels.machine_code.dot_tiles import HALF_GROUP
from holesmith.kernels.reference import int4_groups_product, int8_rows_product, quantise_rows
from holesmith.kernels.torch_matrix import TorchMatrix
from holesmith.kernels.workers import Workers
from torch import Tensor

SIZES = [(64, 64), (96, 160), (200, 416)]
TOKENS = [1, 4, FEW_TOKENS_MAX + 9]
ROUNDING = 1e-2  # of inputs to bfloat16


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize(("rows", "inputs"), [*SIZES, (7, 30)])
def test_eight_bits_equal_the_specification(rows: int, inputs: int, tokens: int) -> None:
    codes, scale = quantise_rows(random(rows, inputs))
    bias, values = random(rows, seed=1), random(tokens, inputs, seed=2)
    matrix = LowBitMatrix(rows, pack_rows(codes), None, pad_vector(scale), pad_vector(bias), Workers(1))
    product = TorchMatrix(matrix)(values)
    assert relative_error(product, int8_rows_product(values, codes, scale) + bias) < ROUNDING


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize(("rows", "inputs"), SIZES)
def test_four_bits_equal_the_specification(rows: int, inputs: int, tokens: int) -> None:
    codes = torch.randint(0, 16, (rows, inputs), generator=torch.Generator().manual_seed(3))
    scale, minimum = (random(rows, inputs // HALF_GROUP, seed=seed).half().float() for seed in (4, 5))
    bias, values = random(rows, seed=1), random(tokens, inputs, seed=6)
    scales = pack_group_scales(scale, minimum)
    matrix = LowBitMatrix(rows, pack_groups(codes), scales, None, pad_vector(bias), Workers(1))
    product = TorchMatrix(matrix)(values)
    assert relative_error(product, int4_groups_product(values, codes, scale, minimum) + bias) < ROUNDING


@pytest.mark.parametrize(("rows", "inputs"), [*SIZES, (7, 30)])
def test_what_was_packed_is_unpacked_as_it_was(rows: int, inputs: int) -> None:
    generator = torch.Generator().manual_seed(3)
    eight = torch.randint(-127, 128, (rows, inputs), generator=generator).to(torch.int8)
    four = torch.randint(0, 16, (rows, inputs), generator=generator).to(torch.uint8)
    assert torch.equal(unpack_rows(pack_rows(eight))[:rows, :inputs], eight)
    assert torch.equal(unpack_groups(pack_groups(four))[:rows, :inputs], four)
    groups = -(-inputs // HALF_GROUP)
    both = random(rows, groups, seed=4).half().float(), random(rows, groups, seed=5).half().float()
    for found, expected in zip(unpack_group_scales(pack_group_scales(*both)), both, strict=True):
        assert torch.equal(found[:rows, :groups], expected)
