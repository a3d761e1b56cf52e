"""A matrix in 8 bits with one scale a row: fast for a few tokens and for many.

For a few tokens the product is bound by reading the codes, half of what bfloat16 would read. For many it is
bound by arithmetic: there the codes are widened to bfloat16 (which holds them exactly), multiplied by the
library's blocked product, and scaled afterwards. Nothing is widened twice at once, so it costs no memory.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

logger = logging.getLogger(__name__)

Product = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Inputs [tokens, inputs] bfloat16, codes and scale of `Int8Rows` -> [tokens, outputs] bfloat16."""

_torch_product: Product = torch.ops.aten._weight_int8pack_mm  # noqa: SLF001  # torch offers it under no other name

FEW_TOKENS_MAX = 24
"""Measured on two Zen 5 cores: below, reading codes wins; above, widening them does
(docs/results/2026-11-24-int8-rows-in-torch.md)."""


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """``inputs @ (codes * scale).T + bias``, with inputs rounded to bfloat16."""

    codes: Tensor  # [outputs, inputs] int8
    scale: Tensor  # [outputs] bfloat16
    bias: Tensor | None  # [outputs] bfloat16
    few_tokens_product: Product = _torch_product

    def __post_init__(self) -> None:
        """The products take this for granted."""
        assert self.codes.dtype == torch.int8
        assert self.codes.is_contiguous()
        for values in (self.scale, self.bias):
            assert values is None or values.shape == self.codes.shape[:1], values.shape

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] -> [tokens, outputs] bfloat16"""
        inputs = inputs.bfloat16()
        assert inputs.shape[1:] == self.codes.shape[1:], inputs.shape
        if len(inputs) <= FEW_TOKENS_MAX:
            product = self.few_tokens_product(inputs, self.codes, self.scale)
        else:
            product = functional.linear(inputs, self.codes.to(inputs.dtype)).mul_(self.scale)
        return product if self.bias is None else product.add_(self.bias)


@cache
def cuda_product(device: torch.device) -> Product:
    """The fastest product for a few tokens on a CUDA device: ours, or torch's where Triton cannot compile."""
    codes = torch.ones(16, 16, dtype=torch.int8, device=device)
    try:
        from holesmith.kernels.int8_rows_triton import few_tokens_product

        few_tokens_product(codes.bfloat16(), codes, codes[0].bfloat16())
    except Exception as error:  # noqa: BLE001  # whatever a compiler raises for a machine it was not made for
        reason = " ".join(str(error).split())[:200]
        logger.warning("no Triton (it needs a C compiler), 8-bit weights will be slow: %s", reason)
        return _torch_product
    return few_tokens_product
