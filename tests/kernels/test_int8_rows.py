"""The 8-bit product equals its specification for few tokens and for many."""

import sys

import pytest
import torch
from holesmith.kernels.int8_rows import FEW_TOKENS_MAX, Int8Rows, cuda_product
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


def test_without_triton_torchs_product_is_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    cuda_product.cache_clear()
    product = cuda_product(torch.device("cpu"))
    cuda_product.cache_clear()
    codes, scale = quantise_rows(torch.eye(16))
    assert product(torch.ones(1, 16).bfloat16(), codes, scale).float() == pytest.approx(1, abs=1e-2)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Triton" in caplog.text


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:TRITON_")
@pytest.mark.parametrize("tokens", [1, 3, 9, 16, FEW_TOKENS_MAX, 70])
@pytest.mark.parametrize(("outputs", "inputs"), [(96, 64), (50, 600), (1152, 896)])
def test_equals_the_specification_on_cuda(tokens: int, outputs: int, inputs: int) -> None:
    generator = torch.Generator().manual_seed(tokens)
    codes, scale = quantise_rows(torch.randn(outputs, inputs, generator=generator))
    given = torch.randn(tokens, inputs, generator=generator).bfloat16()
    product = cuda_product(torch.device("cuda"))
    found = Int8Rows(codes.cuda(), scale.cuda(), None, product)(given.cuda()).float().cpu()
    expected = int8_rows_product(given, codes, scale)
    assert float((found - expected).norm() / expected.norm()) < 6e-3
