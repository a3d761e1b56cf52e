"""Matrices of 8-bit and 4-bit codes that are multiplied as integers, for one token and for a whole prompt.

The inputs are quantised to 8 bits with a scale for each 64 of them, as llama.cpp does for its formats; the
products within a group are then exact. For one token most time goes into reading codes from memory, for a
prompt into dot products (docs/results/2026-11-24-kernels-in-numba.md). `low_bit_matrix` has the matrices.
"""

import numpy as np
from holesmith.kernels.kept_code import compiled
from holesmith.kernels.machine_code.compiler import add_and_get, bits_of, float_of, inlined
from holesmith.kernels.machine_code.dot_tiles import (
    BLOCK_ROWS,
    GROUP,
    HALF_GROUP,
    TILE_BLOCKS,
    eight_bit_tile,
    four_bit_tile,
    instruction_width,
)
from numpy.typing import NDArray

_LANES = instruction_width()

IS_SUPPORTED = _LANES is not None
"""True if this processor has the dot-product instruction; if not, torch multiplies `int8_rows` instead."""

TILE_ROWS = BLOCK_ROWS * TILE_BLOCKS
"""The rows of a tile. Matrices are padded to a multiple of it, and to a multiple of GROUP inputs."""

_PIECES = 4
"""The pieces for each worker. A worker that is delayed leaves its other pieces to the others."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]
Integers = NDArray[np.int32]
Record = NDArray[np.int64]

CODES, CODES_STRIDE, SCALES, SCALES_STRIDE, ROWS, WIDTH, ROW_SCALES, BIAS, RECORD_FIELDS = range(9)
"""The fields of a matrix in compiled code: addresses, strides in bytes and padded sizes.

8-bit matrices have no scales. ROW_SCALES and BIAS are offsets into the vector of all vectors, -1 for none.
"""


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
            for at in range(rest):  # see `scalar_math.copy_values`
                padded[at] = inputs[token, whole * GROUP + at]
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
def quantise_together(
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
def multiply_together(
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
