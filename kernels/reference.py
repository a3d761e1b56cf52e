"""The specification of each kernel in plain torch and float32, with which the tests compare."""

import torch
from torch import Tensor


def int8_rows_product(inputs: Tensor, codes: Tensor, scale: Tensor) -> Tensor:
    """The product with a matrix whose row r is ``scale[r] * codes[r]``.

    # [tokens, inputs], [outputs, inputs] int8, [outputs] -> [tokens, outputs] float32
    """
    return (inputs.float() @ codes.float().T) * scale.float()


def quantise_rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row to multiples of 1/127 of its largest magnitude.

    # [outputs, inputs] -> int8 codes of that shape, and scales [outputs] bfloat16
    """
    rows = matrix.float()
    scale = (rows.abs().amax(dim=1) / 127).clamp_min(torch.finfo(torch.float32).tiny).bfloat16()
    codes = (rows / scale.float()[:, None]).round_().clamp_(-127, 127)
    return codes.to(torch.int8), scale


def int4_groups_product(inputs: Tensor, codes: Tensor, scale: Tensor, minimum: Tensor) -> Tensor:
    """The product with a matrix whose groups of inputs are ``scale * codes + minimum``.

    # [tokens, inputs], [outputs, inputs], two of [outputs, groups] -> [tokens, outputs] float32
    """
    grouped = codes.float().unflatten(1, (scale.shape[1], -1))
    values = grouped * scale.float()[:, :, None] + minimum.float()[:, :, None]
    return inputs.float() @ values.flatten(1).T


def round_to_groups(matrix: Tensor, group: int) -> tuple[Tensor, Tensor, Tensor]:
    """Round each group of inputs of a row to 16 steps, from its least to its greatest value.

    ``group`` divides the number of inputs.

    # [outputs, inputs] -> codes 0 to 15 of that shape, and scale and minimum [outputs, groups] float32
    """
    grouped = matrix.float().unflatten(1, (-1, group))
    minimum, maximum = grouped.aminmax(dim=2, keepdim=True)
    scale = ((maximum - minimum) / 15).clamp_min(torch.finfo(torch.float32).tiny)
    codes = ((grouped - minimum) / scale).round_().to(torch.uint8)
    return codes.flatten(1), scale[:, :, 0], minimum[:, :, 0]


def quantise_groups(inputs: Tensor, group: int) -> Tensor:
    """Round each group of inputs to multiples of 1/127 of its largest magnitude, as `low_bit` does.

    # [tokens, inputs] -> [tokens, inputs] float32
    """
    padded = torch.nn.functional.pad(inputs.float(), (0, -inputs.shape[1] % group)).unflatten(1, (-1, group))
    scale = (padded.abs().amax(-1, keepdim=True) / 127).clamp_min(torch.finfo(torch.float32).tiny)
    return ((padded / scale).round() * scale).flatten(1)[:, : inputs.shape[1]]
