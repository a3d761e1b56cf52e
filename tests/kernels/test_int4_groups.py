"""The 4-bit product: what is packed is what the specification multiplies by."""

import pytest
import torch
from holesmith.kernels.int4_groups import GROUP, interleave_scales, is_packable, pack_int4, pair_codes
from holesmith.kernels.reference import int4_groups_product, round_to_groups
from torch import Tensor


def matrix(outputs: int, inputs: int) -> Tensor:
    return torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(outputs + inputs))


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found.float().cpu() - expected).norm() / expected.norm())


def test_rounding_loses_at_most_half_a_step() -> None:
    values = matrix(24, 96)
    values[3, :GROUP] = 0.25
    codes, scale, minimum = round_to_groups(values, GROUP)
    assert (int(codes.min()), int(codes.max())) == (0, 15)
    identity = torch.eye(96)
    error = (int4_groups_product(identity, codes, scale, minimum).T - values).abs()
    assert bool((error <= 0.501 * scale.repeat_interleave(GROUP, 1) + 1e-6).all())


def test_two_codes_lie_in_a_byte_the_first_above() -> None:
    codes = torch.tensor([[1, 2, 15, 0]], dtype=torch.uint8)
    assert pair_codes(codes).tolist() == [[0x12, 0xF0]]


@pytest.mark.parametrize("tokens", [1, 5])
def test_scales_mean_what_torchs_product_takes_them_for(tokens: int) -> None:
    """On a CPU it packs codes differently, but has the same scales."""
    codes, scale, minimum = round_to_groups(matrix(64, 128), GROUP)
    inputs = matrix(tokens, 128).bfloat16()
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes.int(), 2)
    product = torch.ops.aten._weight_int4pack_mm_for_cpu
    found = product(inputs, packed, GROUP, interleave_scales(scale, minimum))
    assert relative_error(found, int4_groups_product(inputs, codes, scale, minimum)) < 1e-2


@pytest.mark.parametrize(("sizes", "fits"), [((8, 32), True), ((12, 32), False), ((8, 48), False)])
def test_only_whole_groups_and_tiles_are_packed(sizes: tuple[int, int], fits: bool) -> None:
    assert is_packable(*sizes) == fits


@pytest.mark.gpu
@pytest.mark.parametrize("tokens", [1, 9, 70])
@pytest.mark.parametrize("inputs", [32, 64, 128, 896])
@pytest.mark.parametrize("with_bias", [False, True])
def test_equals_the_specification(tokens: int, inputs: int, with_bias: bool) -> None:
    codes, scale, minimum = round_to_groups(matrix(136, inputs), GROUP)
    bias = matrix(1, 136)[0].bfloat16() if with_bias else None
    given = matrix(tokens, inputs).bfloat16()
    expected = int4_groups_product(given, codes, scale, minimum) + (0 if bias is None else bias.float())
    packed = pack_int4(codes.cuda(), scale.cuda(), minimum.cuda(), None if bias is None else bias.cuda())
    assert relative_error(packed(given.cuda()), expected) < 1e-2
