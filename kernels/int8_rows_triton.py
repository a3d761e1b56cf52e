"""The product of `int8_rows` for few tokens on CUDA. Import this only there: torch for CUDA brings Triton.

torch's own product gives each output to one thread, which reads its row of codes alone and byte by byte. Here
a Triton program reads several rows side by side and converts them to the type of the inputs, which holds them
exactly. The tensor cores compute the sums; 16 tokens take them no longer than one.
"""
# Triton reads the annotations of the functions that it compiles, and knows only its own.
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# pyright: reportUntypedFunctionDecorator=false

import torch
import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]
from torch import Tensor

_TOKENS_MIN = 16
_ROWS = 16
_WIDTH = 256


@triton.jit(do_not_specialize=["tokens"])  # else it is compiled once more for one token
def _product(
    inputs,
    codes,
    scale,
    outputs,
    tokens,
    rows,
    width,
    TOKENS: tl.constexpr,  # noqa: N803  # Triton's convention for compile-time constants
    ROWS: tl.constexpr,  # noqa: N803
    WIDTH: tl.constexpr,  # noqa: N803
):
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    token = tl.arange(0, TOKENS)
    total = tl.zeros((TOKENS, ROWS), dtype=tl.float32)
    for start in range(0, width, WIDTH):
        column = start + tl.arange(0, WIDTH)
        given = tl.load(
            inputs + token[:, None] * width + column[None, :],
            mask=(token[:, None] < tokens) & (column[None, :] < width),
            other=0.0,
        )
        code = tl.load(
            codes + row[:, None].to(tl.int64) * width + column[None, :],  # a table has more than 2**31 codes
            mask=(row[:, None] < rows) & (column[None, :] < width),
            other=0,
        )
        total = tl.dot(given, tl.trans(code.to(inputs.dtype.element_ty)), total)
    total *= tl.load(scale + row, mask=row < rows, other=0.0).to(tl.float32)[None, :]
    tl.store(
        outputs + token[:, None] * rows + row[None, :],
        total.to(outputs.dtype.element_ty),
        mask=(token[:, None] < tokens) & (row[None, :] < rows),
    )


def few_tokens_product(inputs: Tensor, codes: Tensor, scale: Tensor) -> Tensor:
    """The product that `reference.int8_rows_product` specifies.

    # [tokens, inputs], [outputs, inputs] int8, [outputs] bfloat16 -> [tokens, outputs] of the inputs' type
    """
    tokens, rows = len(inputs), len(codes)
    assert inputs.shape[1] == codes.shape[1], (inputs.shape, codes.shape)
    assert scale.shape == (rows,), scale.shape
    assert codes.is_contiguous()
    outputs = torch.empty((tokens, rows), dtype=inputs.dtype, device=inputs.device)
    with torch.cuda.device_of(inputs):  # Triton launches on the current device, whatever its tensors say
        _product[(triton.cdiv(rows, _ROWS),)](  # pyright: ignore[reportIndexIssue]  # the grid of a kernel
            inputs.contiguous(),
            codes,
            scale,
            outputs,
            tokens,
            rows,
            codes.shape[1],
            TOKENS=max(_TOKENS_MIN, triton.next_power_of_2(tokens)),
            ROWS=_ROWS,
            WIDTH=_WIDTH,
        )
    return outputs
