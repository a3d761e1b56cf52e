"""Builds a decoder from an architecture and its weights.

Queries, keys and values become one matrix, gate and up another: fewer and larger products. The `MatrixMaker`
that is passed in decides in which form a matrix is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

import torch
from holesmith.engine.loading.weights import Weights
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.model.cpu_step import cpu_step_of
from holesmith.engine.model.decoder import Decoder, Layer, Linear, Parts
from holesmith.engine.model.norm import Norm
from torch import Tensor
from torch.nn import functional

MatrixMaker = Callable[[Sequence[str]], Linear]
"""Makes one linear map from the matrices of these names (without ``.weight``), stacked by rows."""

Progress = Callable[[str, float], None]
"""Called with the current stage and its share done, from 0 to 1."""

# The number of single tokens whose embeddings are cached.
DECODED_ROWS_MAX = 2_048


def assemble(
    architecture: Architecture,
    weights: Weights,
    device: torch.device,
    dtypes: tuple[torch.dtype, torch.dtype],
    context_tokens_max: int,
    make_matrix: MatrixMaker,
    progress: Progress,
) -> Decoder:
    """Build the decoder. ``dtypes`` are those of `Decoder`. Raises WeightsError for missing tensors."""
    norm = partial(_norm, architecture, weights, device)
    layers: list[Layer] = []
    for index in range(architecture.layers):
        layers.append(_layer(f"blk.{index}.", architecture, weights, norm, make_matrix))
        progress("loading weights", (index + 1) / (architecture.layers + 1))
    head = make_matrix([_head_name(weights)])
    dtype = dtypes[0]
    embed = _mapped(weights, dtype) if device.type == "cpu" else _resident(weights, device, dtype)
    parts = Parts(embed, tuple(layers), _required(norm("output_norm")), head)
    progress("loading weights", 1.0)
    fused = cpu_step_of(architecture, parts, context_tokens_max) if device.type == "cpu" else None
    return Decoder(architecture, parts, device, dtypes, context_tokens_max, fused)


def _head_name(weights: Weights) -> str:
    return "output" if "output.weight" in weights else "token_embd"


def matrix_names(architecture: Architecture, weights: Weights) -> Iterator[list[str]]:
    """Yield the names that `assemble` will pass to its `MatrixMaker`, in that order."""
    for index in range(architecture.layers):
        start = f"blk.{index}."
        yield [start + "attn_q", start + "attn_k", start + "attn_v"]
        yield [start + "attn_output"]
        yield _feed_forward_input(start, weights)
        yield [start + "ffn_down"]
    yield [_head_name(weights)]


def _feed_forward_input(start: str, weights: Weights) -> list[str]:
    gated = f"{start}ffn_gate.weight" in weights
    return [start + "ffn_gate", start + "ffn_up"] if gated else [start + "ffn_up"]


def _mapped(weights: Weights, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    """Return embeddings read from the mapped file: a prompt needs few of a large table's rows.

    The row of a single token is cached: a token that was just decoded is likely to come again in code.
    """

    def rows(token_ids: Tensor) -> Tensor:
        return weights.rows("token_embd.weight", token_ids).to(dtype)

    @lru_cache(maxsize=DECODED_ROWS_MAX)
    def row(token_id: int) -> Tensor:
        return rows(torch.tensor([token_id]))

    def embed(token_ids: Tensor) -> Tensor:
        return row(int(token_ids)) if len(token_ids) == 1 else rows(token_ids)

    return embed


def _resident(weights: Weights, device: torch.device, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    table = weights.tensor("token_embd.weight").to(device, dtype)
    return table.__getitem__


def _layer(
    start: str,
    architecture: Architecture,
    weights: Weights,
    norm: Callable[[str], Norm | None],
    make_matrix: MatrixMaker,
) -> Layer:
    return Layer(
        attention_norm=_required(norm(start + "attn_norm")),
        qkv=make_matrix([start + "attn_q", start + "attn_k", start + "attn_v"]),
        attention_output=make_matrix([start + "attn_output"]),
        feed_forward_norm=_required(norm(start + "ffn_norm")),
        feed_forward_input=make_matrix(_feed_forward_input(start, weights)),
        gated=f"{start}ffn_gate.weight" in weights,
        down_proj=make_matrix([start + "ffn_down"]),
        query_norm=norm(start + "attn_q_norm"),
        key_norm=norm(start + "attn_k_norm"),
        post_attention_norm=norm(start + "post_attention_norm"),
        post_feed_forward_norm=norm(start + "post_ffw_norm"),
    )


def _required(norm: Norm | None) -> Norm:
    assert norm is not None
    return norm


def _norm(architecture: Architecture, weights: Weights, device: torch.device, name: str) -> Norm | None:
    """Return the norm of that name; None if the model has none."""
    optional = name.endswith(("q_norm", "k_norm")) or ".post_" in name
    if optional and f"{name}.weight" not in weights:
        return None
    scale = (weights.tensor(f"{name}.weight").float() + architecture.norm_offset).to(device)
    epsilon = architecture.norm_epsilon
    shift = None if architecture.norm == "rms" else weights.tensor(f"{name}.bias").float().to(device)
    return Norm(scale, shift, epsilon)


def stacked(weights: Weights, names: Sequence[str], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return the matrices of these names as one."""
    rows = [weights.tensor(f"{name}.weight").to(device, dtype) for name in names]
    return rows[0] if len(rows) == 1 else torch.cat(rows)


def stacked_bias(weights: Weights, names: Sequence[str]) -> Tensor | None:
    """Return the biases of these matrices, zero for a matrix without one; None if none has a bias."""
    if not any(f"{name}.bias" in weights for name in names):
        return None
    return torch.cat(
        [
            weights.tensor(f"{name}.bias").float()
            if f"{name}.bias" in weights
            else torch.zeros(weights.height(f"{name}.weight"))
            for name in names
        ]
    )


def dense_matrices(weights: Weights, device: torch.device, dtype: torch.dtype) -> MatrixMaker:
    """Make matrices in a plain float type: the reference, and the form for GPUs."""

    def make(names: Sequence[str]) -> Linear:
        matrix, bias = stacked(weights, names, device, dtype), stacked_bias(weights, names)
        bias = None if bias is None else bias.to(device, dtype)
        return partial(functional.linear, weight=matrix, bias=bias)

    return make
