"""Matrices for GPUs: in bfloat16, or rounded to 8 or 4 bits when the weights are loaded.

Rounding is done on the device, a piece at a time: it takes a moment there, and half a minute on the CPU.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from holesmith.engine.loading.assembly import MatrixMaker, dense_matrices, stacked_bias
from holesmith.engine.loading.weights import Weights
from holesmith.engine.model.decoder import Linear
from holesmith.kernels.int4_groups import GROUP, is_packable, pack_int4
from holesmith.kernels.int8_rows import Int8Rows, cuda_product
from holesmith.kernels.reference import quantise_rows, round_to_groups
from torch import Tensor

WeightForm = Literal["bf16", "int8", "int4"]

# The large matrices of vocabulary size. Any matrix is rounded in pieces of so many rows.
_TABLES = ("output", "token_embd")
_ROWS_AT_ONCE = 8192


def device_matrices(weights: Weights, device: torch.device, form: WeightForm) -> MatrixMaker:
    """Return a maker of matrices in that form.

    In 4 bits, 4-bit codes of the file are kept. The product with the vocabulary has 8 bits, because it loses
    most by fewer; so has a matrix whose sizes do not fit.
    """
    if form == "bf16":
        return dense_matrices(weights, device, torch.bfloat16)

    def make(names: Sequence[str]) -> Linear:
        bias = stacked_bias(weights, names)
        bias = None if bias is None else bias.to(device, torch.bfloat16)
        found = _four_bits(weights, names, device) if form == "int4" and names[0] not in _TABLES else None
        return _eight_bits(weights, names, device, bias) if found is None else pack_int4(*found, bias)

    return make


def _eight_bits(weights: Weights, names: Sequence[str], device: torch.device, bias: Tensor | None) -> Linear:
    pieces = [
        quantise_rows(piece.to(device))
        for name in names
        for piece in weights.tensor(f"{name}.weight").split(_ROWS_AT_ONCE)
    ]
    codes, scale = (torch.cat(part) for part in zip(*pieces, strict=True))
    if device.type == "cpu":
        return Int8Rows(codes, scale, bias)
    return Int8Rows(codes, scale, bias, cuda_product(device))


def _four_bits(
    weights: Weights, names: Sequence[str], device: torch.device
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Return the codes, scales and minima of the stacked matrices; None if they cannot be packed."""
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    for name in names:
        known = weights.four_bits(f"{name}.weight")
        if known is not None and known.minimum is not None:
            parts.append((known.codes.to(device), known.scale.to(device), known.minimum.to(device)))
            continue
        matrix = weights.tensor(f"{name}.weight")
        if matrix.shape[1] % GROUP:
            return None
        parts.append(round_to_groups(matrix.to(device), GROUP))
    codes, scale, minimum = (torch.cat(part) for part in zip(*parts, strict=True))
    return (codes, scale, minimum) if is_packable(*codes.shape) else None
