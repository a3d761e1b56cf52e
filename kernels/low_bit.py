"""Matrices of 8-bit and 4-bit codes that are multiplied as integers, for one token and for a whole prompt.

The inputs are quantised to 8 bits with a scale for each 64 of them, as llama.cpp does for its formats; the
products within a group are then exact. For one token most time goes into reading codes from memory, for a
prompt into dot products (docs/results/2026-11-24-kernels-in-numba.md). `reference` is the specification.
"""

from dataclasses import dataclass

import numpy as np
import torch
from holesmith.kernels.compiler import add_and_get, bits_of, compiled, float_of, inlined
from holesmith.kernels.dot_tiles import (
    BLOCK_ROWS,
    GROUP,
    HALF_GROUP,
    TILE_BLOCKS,
    eight_bit_tile,
    four_bit_tile,
    instruction_width,
)
from holesmith.kernels.workers import Workers
from numpy.typing import NDArray
from torch import Tensor

_LANES = instruction_width()

IS_SUPPORTED = _LANES is not None
"""True if this processor has the dot-product instruction; if not, torch multiplies `int8_rows` instead."""

TILE_ROWS = BLOCK_ROWS * TILE_BLOCKS
"""The rows of a tile. Matrices are padded to a multiple of it, and to a multiple of GROUP inputs."""

_PIECES = 4
"""The pieces for each worker. A worker that is delayed leaves its other pieces to the others."""

_SHARED_WORK_MIN = 4_000_000
"""The number of products from which more than one thread is used; below, waking a thread costs more time."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]
Integers = NDArray[np.int32]
Record = NDArray[np.int64]

CODES, CODES_STRIDE, SCALES, SCALES_STRIDE, ROWS, WIDTH, ROW_SCALES, BIAS, RECORD_FIELDS = range(9)
"""The fields of a matrix in compiled code: addresses, strides in bytes and padded sizes.

8-bit matrices have no scales. ROW_SCALES and BIAS are offsets into the vector of all vectors, -1 for none.
"""


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


if _LANES is not None:
    _eight_1, _eight_2, _eight_4 = (eight_bit_tile(inputs, _LANES) for inputs in (1, 2, 4))
    _four_1, _four_2, _four_4 = (four_bit_tile(inputs, _LANES) for inputs in (1, 2, 4))
    _eight_4_ahead = eight_bit_tile(4, _LANES, is_ahead=True)
    _four_4_ahead = four_bit_tile(4, _LANES, is_ahead=True)


@inlined
def quantise(inputs: Floats, codes: Bytes, scales: Floats, sums: Integers) -> None:
    """Round each group of 64 inputs to multiples of 1/127 of its largest magnitude.

    The last group may be shorter.
    # inputs [tokens, width]; the others as in `QuantisedInputs`, with the padded width
    """
    whole, rest = inputs.shape[1] // GROUP, inputs.shape[1] % GROUP
    padded = np.zeros(GROUP, np.float32)
    for token in range(inputs.shape[0]):
        for group in range(whole):
            values = inputs[token, group * GROUP : (group + 1) * GROUP]
            _quantise_group(values, codes[token], scales[token], sums[token], group)
        if rest:
            padded[:rest] = inputs[token, whole * GROUP :]
            _quantise_group(padded, codes[token], scales[token], sums[token], whole)


@inlined
def _quantise_group(values: Floats, codes: Bytes, scales: Floats, sums: Integers, group: int) -> None:
    # The bits of magnitudes, compared as integers, keep their order, and NaN is the largest.
    largest = np.int32(0)
    for at in range(GROUP):
        largest = max(largest, bits_of(values[at]) & np.int32(0x7FFFFFFF))
    scale = float_of(largest) / np.float32(127.0)
    inverse = np.float32(1.0) / scale if scale > 0 else np.float32(0.0)
    scales[group] = scale
    for half in range(GROUP // HALF_GROUP):
        start = group * GROUP + half * HALF_GROUP
        given = values[half * HALF_GROUP : (half + 1) * HALF_GROUP]
        rounded = codes[start : start + HALF_GROUP]
        total = np.int32(0)
        for at in range(HALF_GROUP):
            code = np.int32(np.rint(given[at] * inverse))
            rounded[at] = code
            total += code
        sums[group * (GROUP // HALF_GROUP) + half] = total


@inlined
def multiply(
    matrix: Record,
    codes: Bytes,
    scales: Floats,
    sums: Integers,
    count: int,
    outputs: Floats,
    first_tile: int,
    last_tile: int,
) -> None:
    """Rows of the product for the first ``count`` inputs, from tile ``first_tile`` up to ``last_tile``.

    Writes ``outputs`` [tokens, rows]. For 8-bit matrices, `finish` must multiply them by the row scales.
    """
    width = matrix[WIDTH]
    code_bytes = codes.ctypes.data
    scale_bytes = scales.ctypes.data
    sum_bytes = sums.ctypes.data
    output_bytes = outputs.ctypes.data
    output_stride = outputs.strides[0]
    for tile in range(first_tile, last_tile):
        tile_codes = matrix[CODES] + tile * TILE_BLOCKS * matrix[CODES_STRIDE]
        tile_scales = matrix[SCALES] + tile * TILE_BLOCKS * matrix[SCALES_STRIDE]
        token = 0
        while token < count:
            q = code_bytes + token * width
            s = scale_bytes + token * (width // GROUP) * 4
            t = sum_bytes + token * (width // HALF_GROUP) * 4
            out = output_bytes + token * output_stride + tile * TILE_ROWS * 4
            m, c, d, e = tile_codes, matrix[CODES_STRIDE], tile_scales, matrix[SCALES_STRIDE]
            if matrix[SCALES] == 0:
                if count >= 4 and token == 0:
                    _eight_4_ahead(m, c, d, e, q, s, t, width, out, output_stride)
                elif count - token >= 4:
                    _eight_4(m, c, d, e, q, s, t, width, out, output_stride)
                elif count - token >= 2:
                    _eight_2(m, c, d, e, q, s, t, width, out, output_stride)
                else:
                    _eight_1(m, c, d, e, q, s, t, width, out, output_stride)
            elif count >= 4 and token == 0:
                _four_4_ahead(m, c, d, e, q, s, t, width, out, output_stride)
            elif count - token >= 4:
                _four_4(m, c, d, e, q, s, t, width, out, output_stride)
            elif count - token >= 2:
                _four_2(m, c, d, e, q, s, t, width, out, output_stride)
            else:
                _four_1(m, c, d, e, q, s, t, width, out, output_stride)
            token += 4 if count - token >= 4 else (2 if count - token >= 2 else 1)


@inlined
def finish(
    outputs: Floats, count: int, row_scales: Floats, bias: Floats, first_row: int, last_row: int
) -> None:
    """Multiply by the row scales, and add the bias. A vector of length 0 has no effect."""
    for token in range(count):
        if len(row_scales):
            for row in range(first_row, last_row):
                outputs[token, row] *= row_scales[row]
        if len(bias):
            for row in range(first_row, last_row):
                outputs[token, row] += bias[row]


@compiled
def _quantise_together(
    inputs: Floats, codes: Bytes, scales: Floats, sums: Integers, taken: Record, _worker: int, workers: int
) -> None:
    """Quantise inputs on all workers. ``taken`` [1] counts the tokens that are taken, 0 at the start."""
    count = inputs.shape[0]
    size = piece_of(count, workers)
    first = add_and_get(taken.ctypes.data, size) - size
    while first < count:
        last = min(first + size, count)
        quantise(inputs[first:last], codes[first:last], scales[first:last], sums[first:last])
        first = add_and_get(taken.ctypes.data, size) - size


@compiled
def _multiply_together(
    matrix: Record,
    codes: Bytes,
    scales: Floats,
    sums: Integers,
    row_scales: Floats,
    bias: Floats,
    outputs: Floats,
    taken: Record,
    _worker: int,
    workers: int,
) -> None:
    """Multiply on all workers. ``taken`` [1] counts the tiles that are taken, 0 at the start."""
    tokens, count = codes.shape[0], matrix[ROWS] // TILE_ROWS
    size = piece_of(count, workers)
    first = add_and_get(taken.ctypes.data, size) - size
    while first < count:
        last = min(first + size, count)
        multiply(matrix, codes, scales, sums, tokens, outputs, first, last)
        finish(outputs, tokens, row_scales, bias, first * TILE_ROWS, last * TILE_ROWS)
        first = add_and_get(taken.ctypes.data, size) - size


@inlined
def piece_of(count: int, workers: int) -> int:
    """The number of items that a worker takes at once, out of ``count``."""
    return count if workers == 1 else max(count // (workers * _PIECES), 1)


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
        padded_rows, width = blocks * BLOCK_ROWS, columns * 4 * (1 if self.scales is None else 2)
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
    def record(self) -> Record:
        """The matrix for compiled code, see `RECORD_FIELDS`. Valid as long as this object lives."""
        blocks, codes_stride = self.codes.shape[0], self.codes[0].nbytes
        width = codes_stride // BLOCK_ROWS * (1 if self.scales is None else 2)
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
        workers.run(_quantise_together, inputs.float().contiguous().numpy(), *parts, _nothing_taken())
        vectors = vector(self.row_scales), vector(self.bias)
        workers.run(_multiply_together, record, *parts, *vectors, outputs, _nothing_taken())
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


def pad_vector(values: Tensor) -> Tensor:
    """Pad a scale or bias to the padded rows.  # [rows] -> [padded rows] float32"""
    return _pad_to(values.float()[None], 1, TILE_ROWS, 0)[0].contiguous()


def _pad(codes: Tensor, value: int) -> Tensor:
    return _pad_to(codes, TILE_ROWS, GROUP, value)


def _pad_to(values: Tensor, rows: int, columns: int, value: int) -> Tensor:
    below, right = -values.shape[0] % rows, -values.shape[1] % columns
    return torch.nn.functional.pad(values, (0, right, 0, below), value=value) if below or right else values
