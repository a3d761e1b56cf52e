"""Low-bit products equal their specification, for any size, any number of inputs and of threads."""

from typing import Any

import pytest
import torch
from holesmith.kernels.low_bit_matrix import (
    LowBitMatrix,
    pack_group_scales,
    pack_groups,
    pack_rows,
    pad_vector,
)
from holesmith.kernels.machine_code.dot_tiles import GROUP, HALF_GROUP
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED
from holesmith.kernels.reference import (
    int4_groups_product,
    int8_rows_product,
    quantise_groups,
    quantise_rows,
)
from holesmith.kernels.workers import Workers
from torch import Tensor

pytestmark = pytest.mark.skipif(not IS_SUPPORTED, reason="no dot-product instruction here")

SIZES = [(64, 64), (96, 128), (7, 30), (200, 416)]
TOKENS = [1, 2, 3, 4, 7, 33]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def eight_bits(rows: int, inputs: int, workers: Workers) -> tuple[LowBitMatrix, Tensor, Tensor, Tensor]:
    codes, scale = quantise_rows(random(rows, inputs))
    bias = random(rows, seed=1)
    return (
        LowBitMatrix(rows, pack_rows(codes), None, pad_vector(scale), pad_vector(bias), workers),
        codes,
        scale,
        bias,
    )


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize(("rows", "inputs"), SIZES)
def test_eight_bits_equal_the_specification(rows: int, inputs: int, tokens: int) -> None:
    matrix, codes, scale, bias = eight_bits(rows, inputs, Workers(1))
    values = random(tokens, inputs, seed=2)
    expected = int8_rows_product(quantise_groups(values, GROUP), codes, scale) + bias
    assert relative_error(matrix(values), expected) < 1e-5


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize(("rows", "inputs"), [(64, 64), (96, 160), (200, 416)])
def test_four_bits_equal_the_specification(rows: int, inputs: int, tokens: int) -> None:
    generator = torch.Generator().manual_seed(3)
    codes = torch.randint(0, 16, (rows, inputs), generator=generator)
    scale, minimum = (random(rows, inputs // HALF_GROUP, seed=seed).half().float() for seed in (4, 5))
    scales = pack_group_scales(scale, minimum)
    matrix = LowBitMatrix(rows, pack_groups(codes), scales, None, None, Workers(1))
    values = random(tokens, inputs, seed=6)
    expected = int4_groups_product(quantise_groups(values, GROUP), codes, scale, minimum)
    assert relative_error(matrix(values), expected) < 1e-5


def test_a_row_does_not_depend_on_its_company_nor_on_threads() -> None:
    alone, *_ = eight_bits(1024, 512, Workers(1))
    together, *_ = eight_bits(1024, 512, Workers(3))
    values = random(13, 512, seed=7)
    whole = together(values)
    for token in range(len(values)):
        assert torch.equal(alone(values[token : token + 1])[0], whole[token])


def test_the_largest_codes_do_not_overflow() -> None:
    codes = torch.full((64, 4864), 127, dtype=torch.int8)
    matrix = LowBitMatrix(64, pack_rows(codes), None, pad_vector(torch.ones(64)), None, Workers(1))
    assert matrix(torch.ones(1, 4864))[0, 0] == pytest.approx(127 * 4864, rel=1e-6)
    assert matrix(-torch.ones(1, 4864))[0, 0] == pytest.approx(-127 * 4864, rel=1e-6)


def test_zeros_and_values_that_are_not_numbers() -> None:
    matrix, *_, bias = eight_bits(64, 64, Workers(1))
    assert torch.equal(matrix(torch.zeros(1, 64))[0], bias)
    assert not matrix(torch.full((1, 64), float("nan"))).isfinite().any()


@pytest.mark.parametrize("width", [1, 64, 129, 4096])
def test_inputs_of_another_width_never_reach_compiled_code(width: int) -> None:
    matrix, *_ = eight_bits(96, 128, Workers(1))
    with pytest.raises(AssertionError):
        matrix(random(2, width))


MISFITS: dict[str, dict[str, Any]] = {
    "more rows than codes": {"rows": 129},
    "fewer rows than codes": {"rows": 64},
    "codes of another type": {"codes": torch.zeros(8, 16, 16, 4, dtype=torch.int8)},
    "codes of a block too few": {"codes": torch.zeros(7, 16, 16, 4, dtype=torch.uint8)},
    "codes with gaps": {"codes": torch.zeros(8, 16, 16, 8, dtype=torch.uint8)[..., ::2]},
    "codes of another order": {"codes": torch.zeros(8, 16, 4, 16, dtype=torch.uint8)},
    "a scale too few": {"row_scales": torch.zeros(127)},
    "scales of another type": {"row_scales": torch.zeros(128, dtype=torch.float64)},
    "scales with gaps": {"row_scales": torch.zeros(256)[::2]},
    "a bias too few": {"bias": torch.zeros(96)},
    "scales of groups of another width": {"scales": torch.zeros(8, 2, 2, 16, dtype=torch.float16)},
}


@pytest.mark.parametrize("misfit", sorted(MISFITS))
def test_parts_that_do_not_fit_make_no_matrix(misfit: str) -> None:
    matrix, *_ = eight_bits(96, 128, Workers(1))
    names = ("rows", "codes", "scales", "row_scales", "bias", "workers")
    parts: dict[str, Any] = {name: getattr(matrix, name) for name in names}
    assert LowBitMatrix(**parts)(random(1, 128)).shape == (1, 96)
    with pytest.raises(AssertionError):
        LowBitMatrix(**(parts | MISFITS[misfit]))
