"""A 4-bit matrix with a scale and a minimum for each 32 inputs, on CUDA (compute capability 8.0 and up).

The product is an operator of torch on tensor cores. It is made for a few tokens, for which reading the codes
limits its speed. For a whole prompt it is slower than a product in bfloat16.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_pack = torch.ops.aten._convert_weight_to_int4pack  # noqa: SLF001  # torch offers it under no other name
_product = torch.ops.aten._weight_int4pack_mm  # noqa: SLF001

GROUP = 32
"""The inputs that share a scale, as in the 4-bit formats of GGUF, whose codes can so be used unchanged."""

_ROWS_STEP = 8
_TILE = 16
_CODES_OF_NUMBER = 8
"""The number of 4-bit codes in one 32-bit number of the packed form."""


@dataclass(frozen=True, slots=True)
class Int4Groups:
    """``inputs @ (scale * codes + minimum).T + bias``, with inputs, scale and minimum in bfloat16."""

    packed: Tensor  # [outputs / 8, inputs / (16 * tiles), 32, tiles / 2] int32
    scales: Tensor  # [groups, outputs, 2] bfloat16: scale, and the value of code 8
    bias: Tensor | None  # [outputs] bfloat16

    def __post_init__(self) -> None:
        """Check the shapes, on which the product relies."""
        groups, outputs, _ = self.scales.shape
        assert self.packed.numel() * _CODES_OF_NUMBER == groups * GROUP * outputs, self.packed.shape
        assert self.bias is None or self.bias.shape == (outputs,), self.bias.shape

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product with the matrix.  # [tokens, inputs] -> [tokens, outputs] bfloat16"""
        assert inputs.shape[1] == len(self.scales) * GROUP, inputs.shape
        product: Tensor = _product(inputs.bfloat16().contiguous(), self.packed, GROUP, self.scales)
        return product if self.bias is None else product.add_(self.bias)


def is_packable(outputs: int, inputs: int) -> bool:
    """True if a matrix consists of whole groups and tiles."""
    return outputs % _ROWS_STEP == 0 and inputs % GROUP == 0


def pack_int4(codes: Tensor, scale: Tensor, minimum: Tensor, bias: Tensor | None) -> Int4Groups:
    """Pack a matrix, on the device of ``codes``.

    # [outputs, inputs] of 0 to 15, two of [outputs, groups], [outputs] -> see `Int4Groups`
    """
    packed: Tensor = _pack(pair_codes(codes), _tiles(codes.shape[1]))
    return Int4Groups(packed, interleave_scales(scale, minimum), bias)


def pair_codes(codes: Tensor) -> Tensor:
    """Put two codes in a byte, the first in its upper half.  # [outputs, inputs] -> [outputs, inputs / 2]"""
    codes = codes.to(torch.uint8)
    return (codes[:, ::2] << 4 | codes[:, 1::2]).contiguous()


def interleave_scales(scale: Tensor, minimum: Tensor) -> Tensor:
    """Put scale and minimum side by side for torch's product, which counts codes from 8.

    # two of [outputs, groups] -> [groups, outputs, 2] bfloat16
    """
    both = torch.stack((scale, minimum + 8 * scale), dim=2)
    return both.transpose(0, 1).bfloat16().contiguous()


def _tiles(inputs: int) -> int:
    """The number of tiles of inputs that lie together. More tiles mean wider reads."""
    return next(tiles for tiles in (8, 4, 2) if inputs % (_TILE * tiles) == 0)
