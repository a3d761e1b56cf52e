"""An 8-bit matrix with one scale for each row, whose product is fast for few tokens and for many.

For few tokens, reading the codes limits the speed, and they are half as large as bfloat16. For many tokens,
arithmetic limits it: the codes are converted to bfloat16, which holds them exactly, multiplied by the
library's blocked product, and scaled afterwards. Only one matrix is converted at a time, to save memory.
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
"""A product of inputs [tokens, inputs] bfloat16 with the codes and scale of `Int8Rows`.

The result is [tokens, outputs] bfloat16.
"""

_torch_product: Product = torch.ops.aten._weight_int8pack_mm  # noqa: SLF001  # torch offers it under no other name

FEW_TOKENS_MAX = 24
"""The most tokens for which the product that reads the codes is faster than the one that converts them.
Measured on two Zen 5 cores (docs/results/2026-11-24-int8-rows-in-torch.md).
"""


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """``inputs @ (codes * scale).T + bias``, with inputs rounded to bfloat16."""

    codes: Tensor  # [outputs, inputs] int8
    scale: Tensor  # [outputs] bfloat16
    bias: Tensor | None  # [outputs] bfloat16
    few_tokens_product: Product = _torch_product

    def __post_init__(self) -> None:
        """Check the shapes, on which the products rely."""
        assert self.codes.dtype == torch.int8
        assert self.codes.is_contiguous()
        for values in (self.scale, self.bias):
            assert values is None or values.shape == self.codes.shape[:1], values.shape

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product with the matrix.  # [tokens, inputs] -> [tokens, outputs] bfloat16"""
        inputs = inputs.bfloat16()
        assert inputs.shape[1:] == self.codes.shape[1:], inputs.shape
        if len(inputs) <= FEW_TOKENS_MAX:
            product = self.few_tokens_product(inputs, self.codes, self.scale)
        else:
            product = functional.linear(inputs, self.codes.to(inputs.dtype)).mul_(self.scale)
        return product if self.bias is None else product.add_(self.bias)


@cache
def cuda_product(device: torch.device) -> Product:
    """The fastest product for few tokens on a CUDA device: ours, or torch's if Triton cannot compile ours."""
    codes = torch.ones(16, 16, dtype=torch.int8, device=device)
    try:
        from holesmith.kernels.int8_rows_triton import few_tokens_product

        few_tokens_product(codes.bfloat16(), codes, codes[0].bfloat16())
    except Exception as error:  # noqa: BLE001  # a compiler may raise anything on an unknown machine
        reason = " ".join(str(error).split())[:200]
        logger.warning("no Triton (it needs a C compiler), 8-bit weights will be slow: %s", reason)
        return _torch_product
    return few_tokens_product
