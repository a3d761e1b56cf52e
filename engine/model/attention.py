"""Attention of new tokens over cached keys and values, in the forms that are fast for few and for many.

All forms take queries in groups, ``[kv_heads, group, tokens, head_width]``: the query heads that share a key
head lie along one dimension, so that keys and values are read once for all of them. A mask is added to the
scores: zero for keys that a token may see, minus infinity for the rest. Scores, their softcap and their
softmax are float32, whatever type keys are kept in.
"""

import torch
from holesmith.engine.model.architecture import Architecture
from torch import Tensor
from torch.nn import functional

FEW_TOKENS_MAX = 9
"""Up to this many tokens attention is two plain products; the library's fused attention is far slower there.

It is one token and the greatest number of drafted or forced tokens.
"""

QUERIES_AT_ONCE = 128
"""Queries of one call for a long prompt: the fused attention also computes the masked scores."""


def visible(positions: Tensor, keys: int, window: int | None, dtype: torch.dtype) -> Tensor:
    """Return the mask of tokens at ``positions`` over the first ``keys`` positions.

    The host computes no part of it: only the device may know the positions.

    # [tokens] int64 -> [tokens, keys]
    """
    known = torch.arange(keys, device=positions.device)
    hidden = known > positions[:, None]
    if window is not None:
        hidden |= known <= positions[:, None] - window
    return mask_of(hidden, dtype)


def mask_of(hidden: Tensor, dtype: torch.dtype) -> Tensor:
    """Return minus infinity where ``hidden`` is True, else zero."""
    return torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, float("-inf"))


def attend_few(
    architecture: Architecture, grouped: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
) -> Tensor:
    """Attend by two products, for a few tokens.

    # keys and values: [kv_heads, length, head_width] -> as ``grouped``
    """
    rows = grouped.flatten(1, 2).to(keys.dtype)  # [kv_heads, group * tokens, head_width]
    scores = _products(rows, keys.transpose(1, 2)).mul_(architecture.attention_scale)
    scores = apply_softcap(scores, architecture.attention_softcap).view(*grouped.shape[:3], -1)
    if mask is not None:
        scores += mask
    weights = scores.softmax(-1).flatten(1, 2).to(values.dtype)
    return torch.bmm(weights, values).view(grouped.shape)


def attend_many(
    architecture: Architecture, grouped: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
) -> Tensor:
    """Attend as `attend_few` does, by the library's fused attention, which never holds all scores at once.

    Only some queries are taken at a time, so that keys which none of them may see cost nothing.
    """
    tokens, known = grouped.shape[2], keys.shape[1] - grouped.shape[2]
    group = grouped.shape[1]
    pieces: list[Tensor] = []
    for first in range(0, tokens, QUERIES_AT_ONCE):
        last = min(first + QUERIES_AT_ONCE, tokens)
        stop = known + last
        pieces.append(
            functional.scaled_dot_product_attention(
                grouped[:, :, first:last].to(keys.dtype),
                keys[:, None, :stop].expand(-1, group, -1, -1),
                values[:, None, :stop].expand(-1, group, -1, -1),
                attn_mask=None if mask is None else mask[first:last, :stop],
                scale=architecture.attention_scale,
            )
        )
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=2)


def apply_softcap(scores: Tensor, cap: float | None) -> Tensor:
    """Return ``cap * tanh(scores / cap)``; the scores themselves if there is no cap."""
    return scores if cap is None else cap * torch.tanh(scores / cap)


def _products(rows: Tensor, columns: Tensor) -> Tensor:
    """Multiply batches in float32; for two bfloat16 on CUDA without rounding the sums in between."""
    if rows.is_cuda and rows.dtype != torch.float32:
        return torch.bmm(rows, columns, out_dtype=torch.float32)
    return torch.bmm(rows, columns).float()
