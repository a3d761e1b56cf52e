"""The product of a `LowBitMatrix` in plain torch: what serves until our own loops are compiled.

The values of the matrix are the same; inputs are rounded to bfloat16 instead of 8 bits, and scales of 4-bit
groups to bfloat16. So text may differ now and then, as it does between processors with and without the
instruction of our loops.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from holesmith.kernels.int4_groups import interleave_scales
from holesmith.kernels.int8_rows import FEW_TOKENS_MAX, Int8Rows
from holesmith.kernels.low_bit_matrix import LowBitMatrix, unpack_group_scales, unpack_groups, unpack_rows
from holesmith.kernels.machine_code.dot_tiles import HALF_GROUP
from torch import Tensor
from torch.nn import functional

_pack = torch.ops.aten._convert_weight_to_int4pack_for_cpu  # noqa: SLF001  # torch offers it under no other name
_product = torch.ops.aten._weight_int4pack_mm_for_cpu  # noqa: SLF001

_INNER_TILES = 1
"""A parameter that the CPU's form of the packed codes does not depend on."""


class _Product(Protocol):
    def __call__(self, inputs: Tensor) -> Tensor: ...


class TorchMatrix:
    """``inputs @ values.T + bias`` of a `LowBitMatrix`, without compiled loops.

    Takes as much memory again as the matrix, from the first call on. For one thread at a time.
    """

    def __init__(self, matrix: LowBitMatrix) -> None:
        self._matrix = matrix
        self._product: _Product | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] -> [tokens, rows] float32"""
        if self._product is None:
            self._product = _product_of(self._matrix)
        width = self._matrix.padded_width
        padded = functional.pad(inputs.bfloat16(), (0, width - inputs.shape[1]))
        return self._product(padded).float()[:, : self._matrix.rows]


def _product_of(matrix: LowBitMatrix) -> _Product:
    bias = None if matrix.bias is None else matrix.bias.bfloat16()
    if matrix.scales is None:
        assert matrix.row_scales is not None
        return Int8Rows(unpack_rows(matrix.codes), matrix.row_scales.bfloat16(), bias)
    scale, minimum = unpack_group_scales(matrix.scales)
    codes = _pack(unpack_groups(matrix.codes).to(torch.int32), _INNER_TILES)
    return _Int4Groups(matrix.codes, codes, scale, minimum, interleave_scales(scale, minimum), bias)


@dataclass(frozen=True, slots=True)
class _Int4Groups:
    """The same as `int4_groups.Int4Groups`, on a CPU. Many tokens are multiplied with values widened to
    bfloat16.
    """

    matrix_codes: Tensor  # [blocks, …] uint8, as `LowBitMatrix` has them
    codes: Tensor  # [outputs, inputs / 2] uint8, in torch's order
    scale: Tensor  # [outputs, groups] float32
    minimum: Tensor  # [outputs, groups] float32
    scales: Tensor  # [groups, outputs, 2] bfloat16
    bias: Tensor | None  # [outputs] bfloat16

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product.  # [tokens, inputs] bfloat16 -> [tokens, outputs] bfloat16"""
        if len(inputs) <= FEW_TOKENS_MAX:
            product: Tensor = _product(inputs.contiguous(), self.codes, HALF_GROUP, self.scales)
            return product if self.bias is None else product.add_(self.bias)
        return functional.linear(inputs, self._values(), self.bias)

    def _values(self) -> Tensor:
        """# [outputs, inputs] bfloat16"""
        groups = unpack_groups(self.matrix_codes).unflatten(1, (-1, HALF_GROUP)).bfloat16()
        values = groups.mul_(self.scale.bfloat16()[:, :, None]).add_(self.minimum.bfloat16()[:, :, None])
        return values.flatten(1)
