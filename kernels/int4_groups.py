"""A matrix of 4-bit codes with a scale and a zero point for each 32 of them, on the CPU.

GGUF's 4-bit formats are of this kind, so their codes are taken over as they are; only scales and zero points
are rounded to bfloat16. Reading half the bytes pays for a few tokens; for more, the same matrix is also kept
in 8 bits.
"""

from dataclasses import dataclass

import torch
from holesmith.kernels.int8_rows import Int8Rows
from torch import Tensor

GROUP = 32
FEW_TOKENS_MAX = 8
ROWS_MULTIPLE = 16
"""The packed layout holds so many rows side by side, at least."""

_pack = torch.ops.aten._convert_weight_to_int4pack_for_cpu  # noqa: SLF001  # torch offers it under no other name
_product = torch.ops.aten._weight_int4pack_mm_for_cpu  # noqa: SLF001  # torch offers it under no other name


def pack_codes(codes: Tensor) -> Tensor:
    """Codes 0 to 15 in the layout of the product.  # [outputs, inputs] -> [outputs, inputs / 2] uint8"""
    packed: Tensor = _pack(codes.to(torch.int32), 1)
    return packed


def pack_scales(scale: Tensor, minimum: Tensor) -> Tensor:
    """Scale and zero point of each group, from ``value = scale * code + minimum``.

    # two of [outputs, groups] -> [groups, outputs, 2] bfloat16
    """
    # The product computes (code - 8) * scale + zero.
    return torch.stack((scale, minimum + 8 * scale), dim=-1).transpose(0, 1).bfloat16().contiguous()


@dataclass(frozen=True, slots=True)
class Int4Groups:
    """``inputs @ values.T + bias`` for bfloat16 inputs; ``eight_bits`` has the same values and the bias."""

    codes: Tensor  # [outputs, inputs / 2] uint8, packed
    scales: Tensor  # [groups, outputs, 2] bfloat16
    eight_bits: Int8Rows

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] bfloat16 -> [tokens, outputs] bfloat16"""
        if len(inputs) > FEW_TOKENS_MAX:
            return self.eight_bits(inputs)
        product: Tensor = _product(inputs, self.codes, GROUP, self.scales)
        bias = self.eight_bits.bias
        return product if bias is None else product.add_(bias)
