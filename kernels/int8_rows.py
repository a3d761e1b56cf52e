"""A matrix in 8 bits with one scale a row, on the CPU: fast for a few tokens and for many.

For a few tokens the product is bound by reading the codes, half of what bfloat16 would read. For many it is
bound by arithmetic: there the codes are widened to bfloat16 (which holds them exactly), multiplied by the
library's blocked product, and scaled afterwards. Nothing is widened twice at once, so it costs no memory.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_few_tokens_product = torch.ops.aten._weight_int8pack_mm  # noqa: SLF001  # torch offers it under no other name

FEW_TOKENS_MAX = 24
"""Measured on two Zen 5 cores: below, reading codes wins; above, widening them does (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """``inputs @ (codes * scale).T + bias``, with inputs rounded to bfloat16."""

    codes: Tensor  # [outputs, inputs] int8
    scale: Tensor  # [outputs] bfloat16
    bias: Tensor | None  # [outputs] bfloat16

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] -> [tokens, outputs] bfloat16"""
        inputs = inputs.bfloat16()
        if len(inputs) <= FEW_TOKENS_MAX:
            product: Tensor = _few_tokens_product(inputs, self.codes, self.scale)
        else:
            product = functional.linear(inputs, self.codes.to(inputs.dtype)).mul_(self.scale)
        return product if self.bias is None else product.add_(self.bias)
