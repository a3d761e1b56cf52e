"""The types and sizes that the parts of a packed matrix must have, because compiled code relies on them.

`packing` makes the parts. A packed file that was made from other weights, or by another program, is made
again.
"""

from collections.abc import Mapping

from holesmith.kernels.machine_code.dot_tiles import BLOCK_ROWS, GROUP, HALF_GROUP
from holesmith.kernels.machine_code.low_bit import TILE_ROWS

PackedHeaders = Mapping[str, tuple[str, tuple[int, ...]]]
"""For each part in a file, its type as safetensors writes it, and its shape."""


def is_native_fit(rows: int, width: int, headers: PackedHeaders) -> bool:
    """True if these are the parts of a matrix of that size for `LowBitMatrix`, in 8 or in 4 bits."""
    padded_rows, padded_width = -(-rows // TILE_ROWS) * TILE_ROWS, -(-width // GROUP) * GROUP
    blocks = padded_rows // BLOCK_ROWS
    eight_bits: PackedHeaders = {
        "codes": ("U8", (blocks, padded_width // 4, BLOCK_ROWS, 4)),
        "row_scales": ("F32", (padded_rows,)),
    }
    four_bits: PackedHeaders = {
        "codes": ("U8", (blocks, padded_width // 8, BLOCK_ROWS, 4)),
        "scales": ("F16", (blocks, padded_width // HALF_GROUP, 2, BLOCK_ROWS)),
    }
    return _is_one_of((eight_bits, four_bits), headers, ("F32", (padded_rows,)))


def is_torch_fit(rows: int, width: int, headers: PackedHeaders) -> bool:
    """True if these are the parts of a matrix of that size for `Int8Rows`."""
    parts: PackedHeaders = {"codes": ("I8", (rows, width)), "row_scales": ("BF16", (rows,))}
    return _is_one_of((parts,), headers, ("BF16", (rows,)))


def _is_one_of(
    forms: tuple[PackedHeaders, ...], headers: PackedHeaders, bias: tuple[str, tuple[int, ...]]
) -> bool:
    return headers.get("bias", bias) == bias and {**headers, "bias": bias} in [
        {**form, "bias": bias} for form in forms
    ]
