"""A matrix of packed 8-bit or 4-bit codes, multiplied by compiled loops; and how codes are packed.

`machine_code.low_bit` has the loops, `reference` the specification.
"""

from dataclasses import dataclass

import numpy as np
import torch
from holesmith.kernels.machine_code.dot_tiles import BLOCK_ROWS, GROUP, HALF_GROUP, TILE_BLOCKS
from holesmith.kernels.machine_code.low_bit import (
    BIAS,
    CODES,
    CODES_STRIDE,
    RECORD_FIELDS,
    ROW_SCALES,
    ROWS,
    SCALES,
    SCALES_STRIDE,
    TILE_ROWS,
    WIDTH,
    Bytes,
    Floats,
    Integers,
    Record,
    multiply_together,
    quantise_together,
)
from holesmith.kernels.workers import Workers
from torch import Tensor

_SHARED_WORK_MIN = 4_000_000
"""The number of products from which more than one thread is used; below, waking a thread costs more time."""


@dataclass(frozen=True, slots=True)
class QuantisedInputs:
    """Inputs [tokens, width] as codes, with their scales and sums, which the tiles need."""

    codes: Bytes  # [tokens, width]
    scales: Floats  # [tokens, width / GROUP]
    sums: Integers  # [tokens, width / HALF_GROUP]


def room_for_inputs(tokens: int, width: int) -> QuantisedInputs:
    """Empty buffers for quantised inputs of a padded width."""
    return QuantisedInputs(
        np.zeros((tokens, width), np.int8),
        np.zeros((tokens, width // GROUP), np.float32),
        np.zeros((tokens, width // HALF_GROUP), np.int32),
    )


@dataclass(frozen=True, slots=True)
class LowBitMatrix:
    """A matrix of packed codes (see `pack_rows` and `pack_groups`): ``inputs @ values.T + bias``."""

    rows: int
    codes: Tensor  # [blocks, …] uint8
    scales: Tensor | None  # [blocks, padded width / 32, 2, 16] float16 of 4-bit codes
    row_scales: Tensor | None  # [padded rows] float32 of 8-bit codes
    bias: Tensor | None  # [padded rows] float32
    workers: Workers

    def __post_init__(self) -> None:
        """Check the shapes, on which compiled code relies."""
        blocks, columns = self.codes.shape[:2]
        padded_rows, width = blocks * BLOCK_ROWS, self.padded_width
        assert blocks % TILE_BLOCKS == 0, blocks
        assert width % GROUP == 0, width
        assert padded_rows - TILE_ROWS < self.rows <= padded_rows, (self.rows, padded_rows)
        _check(self.codes, torch.uint8, (blocks, columns, BLOCK_ROWS, 4))
        if self.scales is not None:
            _check(self.scales, torch.float16, (blocks, width // HALF_GROUP, 2, BLOCK_ROWS))
        for values in (self.row_scales, self.bias):
            if values is not None:
                _check(values, torch.float32, (padded_rows,))

    @property
    def padded_width(self) -> int:
        """The number of inputs, filled up to whole groups."""
        return self.codes.shape[1] * 4 * (1 if self.scales is None else 2)

    @property
    def record(self) -> Record:
        """The matrix for compiled code, see `RECORD_FIELDS`. Valid as long as this object lives."""
        blocks, codes_stride, width = self.codes.shape[0], self.codes[0].nbytes, self.padded_width
        record = np.zeros(RECORD_FIELDS, np.int64)
        record[[ROW_SCALES, BIAS]] = -1
        record[[CODES, CODES_STRIDE, ROWS, WIDTH]] = (
            self.codes.data_ptr(),
            codes_stride,
            blocks * BLOCK_ROWS,
            width,
        )
        if self.scales is not None:
            record[[SCALES, SCALES_STRIDE]] = self.scales.data_ptr(), self.scales[0].nbytes
        return record

    def __call__(self, inputs: Tensor) -> Tensor:
        """The product with the matrix.  # [tokens, inputs] -> [tokens, rows] float32"""
        record, tokens = self.record, len(inputs)
        assert int(record[WIDTH]) - GROUP < inputs.shape[1] <= int(record[WIDTH]), inputs.shape
        buffers = room_for_inputs(tokens, int(record[WIDTH]))
        outputs = np.empty((tokens, int(record[ROWS])), np.float32)
        parts = (buffers.codes, buffers.scales, buffers.sums)
        is_shared = tokens * int(record[ROWS]) * int(record[WIDTH]) >= _SHARED_WORK_MIN
        workers = self.workers if is_shared else self.workers.alone()
        workers.run(quantise_together, inputs.float().contiguous().numpy(), *parts, _nothing_taken())
        vectors = vector(self.row_scales), vector(self.bias)
        workers.run(multiply_together, record, *parts, *vectors, outputs, _nothing_taken())
        return torch.from_numpy(outputs)[:, : self.rows]


def _check(values: Tensor, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    assert (values.dtype, values.shape) == (dtype, shape), (values.dtype, values.shape, dtype, shape)
    assert values.is_contiguous()
    assert values.device.type == "cpu"


def _nothing_taken() -> Record:
    return np.zeros(1, np.int64)


def vector(values: Tensor | None) -> Floats:
    """A vector for compiled code: None becomes a vector of length 0."""
    return np.zeros(0, np.float32) if values is None else values.numpy()


def pack_rows(codes: Tensor) -> Tensor:
    """Pack signed 8-bit codes in the order of the tiles.

    # [rows, inputs] int8 -> [blocks, padded inputs / 4, 16, 4] uint8
    """
    padded = _pad(codes, 0).to(torch.int16).add_(128).to(torch.uint8)
    blocks = padded.view(len(padded) // BLOCK_ROWS, BLOCK_ROWS, -1, 4)
    return blocks.transpose(1, 2).contiguous()


def pack_groups(codes: Tensor) -> Tensor:
    """Pack codes from 0 to 15 in the order of the tiles.

    # [rows, inputs] -> [blocks, padded inputs / 8, 16, 4] uint8
    """
    padded = _pad(codes.to(torch.uint8), 0)
    # [blocks, rows, half groups, low or high, vectors, 4]
    parts = padded.view(len(padded) // BLOCK_ROWS, BLOCK_ROWS, -1, 2, HALF_GROUP // 8, 4)
    packed = parts[:, :, :, 0] | (parts[:, :, :, 1] << 4)
    return packed.permute(0, 2, 3, 1, 4).flatten(1, 2).contiguous()


def pack_group_scales(scale: Tensor, minimum: Tensor) -> Tensor:
    """Pack the scale and the minimum of each 32 inputs (``value = scale * code + minimum``).

    # two of [rows, half groups] -> [blocks, padded half groups, 2, 16] float16
    """
    both = torch.stack([_pad_to(each, TILE_ROWS, GROUP // HALF_GROUP, 0) for each in (scale, minimum)])
    blocks = both.half().view(2, both.shape[1] // BLOCK_ROWS, BLOCK_ROWS, -1)
    return blocks.permute(1, 3, 0, 2).contiguous()


def unpack_rows(packed: Tensor) -> Tensor:
    """Return the input of `pack_rows`, padded.

    # [blocks, padded inputs / 4, 16, 4] uint8 -> [padded rows, padded inputs] int8
    """
    rows = packed.transpose(1, 2).reshape(len(packed) * BLOCK_ROWS, -1)
    return (rows ^ 128).view(torch.int8)  # 128 was added to each


def unpack_groups(packed: Tensor) -> Tensor:
    """Return the input of `pack_groups`, padded.

    # [blocks, padded inputs / 8, 16, 4] uint8 -> [padded rows, padded inputs] uint8
    """
    # [blocks, half groups, vectors, 16, 4] -> [blocks, 16, half groups, vectors, 4]
    pairs = packed.unflatten(1, (-1, HALF_GROUP // 8)).permute(0, 3, 1, 2, 4)
    parts = torch.stack((pairs & 15, pairs >> 4), dim=3)
    return parts.reshape(len(packed) * BLOCK_ROWS, -1)


def unpack_group_scales(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Return the input of `pack_group_scales`, padded.

    # [blocks, padded half groups, 2, 16] float16 -> two of [padded rows, padded half groups] float32
    """
    scale, minimum = packed.float().permute(2, 0, 3, 1).flatten(1, 2)
    return scale.contiguous(), minimum.contiguous()


def pad_vector(values: Tensor) -> Tensor:
    """Pad a scale or bias to the padded rows.  # [rows] -> [padded rows] float32"""
    return _pad_to(values.float()[None], 1, TILE_ROWS, 0)[0].contiguous()


def _pad(codes: Tensor, value: int) -> Tensor:
    return _pad_to(codes, TILE_ROWS, GROUP, value)


def _pad_to(values: Tensor, rows: int, columns: int, value: int) -> Tensor:
    below, right = -values.shape[0] % rows, -values.shape[1] % columns
    return torch.nn.functional.pad(values, (0, right, 0, below), value=value) if below or right else values
