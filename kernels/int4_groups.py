"""A matrix in 4 bits with a scale and a minimum for each 32 inputs, on CUDA (compute capability 8.0 and up).

The product is torch's, on tensor cores: made for a few tokens, for which it is bound by reading the codes. It
takes more time for a whole prompt than a product in bfloat16 would.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_pack = torch.ops.aten._convert_weight_to_int4pack  # noqa: SLF001  # torch offers it under no other name
_product = torch.ops.aten._weight_int4pack_mm  # noqa: SLF001

GROUP = 32
"""As the 4-bit formats of GGUF have it, whose codes are therefore taken as they are."""

_ROWS_STEP = 8
_TILE = 16
_CODES_OF_NUMBER = 8
"""So many codes of 4 bits lie in one of the 32-bit numbers of the packed form."""


@dataclass(frozen=True, slots=True)
class Int4Groups:
    """``inputs @ (scale * codes + minimum).T + bias``, with inputs, scale and minimum in bfloat16."""

    packed: Tensor  # [outputs / 8, inputs / (16 * tiles), 32, tiles / 2] int32
    scales: Tensor  # [groups, outputs, 2] bfloat16: scale, and the value of code 8
    bias: Tensor | None  # [outputs] bfloat16

    def __post_init__(self) -> None:
        """The product takes this for granted."""
        groups, outputs, _ = self.scales.shape
        assert self.packed.numel() * _CODES_OF_NUMBER == groups * GROUP * outputs, self.packed.shape
        assert self.bias is None or self.bias.shape == (outputs,), self.bias.shape

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] -> [tokens, outputs] bfloat16"""
        assert inputs.shape[1] == len(self.scales) * GROUP, inputs.shape
        product: Tensor = _product(inputs.bfloat16().contiguous(), self.packed, GROUP, self.scales)
        return product if self.bias is None else product.add_(self.bias)


def is_packable(outputs: int, inputs: int) -> bool:
    """Whether a matrix has whole groups and tiles."""
    return outputs % _ROWS_STEP == 0 and inputs % GROUP == 0


def pack_int4(codes: Tensor, scale: Tensor, minimum: Tensor, bias: Tensor | None) -> Int4Groups:
    """On the device of ``codes``.

    # [outputs, inputs] of 0 to 15, two of [outputs, groups], [outputs] -> see `Int4Groups`
    """
    packed: Tensor = _pack(pair_codes(codes), _tiles(codes.shape[1]))
    return Int4Groups(packed, interleave_scales(scale, minimum), bias)


def pair_codes(codes: Tensor) -> Tensor:
    """Two codes a byte, the first in its upper half.  # [outputs, inputs] -> [outputs, inputs / 2]"""
    codes = codes.to(torch.uint8)
    return (codes[:, ::2] << 4 | codes[:, 1::2]).contiguous()


def interleave_scales(scale: Tensor, minimum: Tensor) -> Tensor:
    """As torch's product takes them, which counts codes from 8.

    # two of [outputs, groups] -> [groups, outputs, 2] bfloat16
    """
    both = torch.stack((scale, minimum + 8 * scale), dim=2)
    return both.transpose(0, 1).bfloat16().contiguous()


def _tiles(inputs: int) -> int:
    """How many tiles of inputs lie together: the more, the wider the reads."""
    return next(tiles for tiles in (8, 4, 2) if inputs % (_TILE * tiles) == 0)
