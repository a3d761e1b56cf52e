"""Compares every tensor of a model with its architecture, before a byte of it reaches a kernel.

Compiled code checks no bounds, and its buffers have the sizes of the architecture: with larger tensors it
would write past them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from holesmith.engine.errors import WeightsError
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.vocabulary.vocabulary import VOCABULARY_ROWS_MAX

_FLOATS = frozenset(("F16", "BF16", "F32", "F64"))
_MATRICES = _FLOATS | frozenset(
    ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")
)
_UNGATED = frozenset(("starcoder2",))
_QUERY_KEY_NORMS = frozenset(("qwen3", "gemma3_text"))
_POST_NORMS = frozenset(("gemma2", "gemma3_text"))


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """The header of a tensor.

    ``kind`` is a block format of GGUF or a type of safetensors; ``place`` names file and tensor.
    """

    shape: tuple[int, ...]
    kind: str
    place: str


class Headers(Protocol):
    """The headers of a model's tensors, known before any tensor is read: `weights.Weights`."""

    def __contains__(self, name: str) -> bool: ...

    def facts(self, name: str) -> TensorFacts: ...


class Ids(Protocol):
    """The ids of a vocabulary: `vocabulary.Vocabulary`."""

    @property
    def size(self) -> int: ...

    @property
    def begin_id(self) -> int | None: ...

    @property
    def end_ids(self) -> frozenset[int]: ...


def check_weights(architecture: Architecture, headers: Headers) -> None:
    """Raise WeightsError for the first tensor that is missing, superfluous, or of another shape or kind."""
    table = headers.facts("token_embd.weight")
    rows = table.shape[0] if table.shape else 0
    if not 1 <= rows <= VOCABULARY_ROWS_MAX:
        raise WeightsError(f"{table.place} has {rows} rows, which no vocabulary has: is the file damaged?")
    _check(headers, "token_embd.weight", (rows, architecture.hidden_size), _MATRICES)
    if "output.weight" in headers:
        _check_matrix(headers, "output", (rows, architecture.hidden_size))
    _check_norm(architecture, headers, "output_norm")
    for layer in range(architecture.layers):
        _check_layer(architecture, headers, f"blk.{layer}.")


def check_vocabulary(vocabulary: Ids, headers: Headers) -> None:
    """Raise WeightsError if the vocabulary has ids without a row of the embedding."""
    table = headers.facts("token_embd.weight")
    check_ids(vocabulary, table.shape[0], table.place)


def check_ids(vocabulary: Ids, rows: int, place: str) -> None:
    """Raise WeightsError if the vocabulary has ids without a row of an embedding of ``rows`` rows."""
    begin = () if vocabulary.begin_id is None else (vocabulary.begin_id,)
    ids = [vocabulary.size - 1, *begin, *vocabulary.end_ids]
    if min(ids) < 0 or max(ids) >= rows:
        raise WeightsError(
            f"{place} has {rows:,} rows, but the vocabulary has ids from {min(ids):,} "
            f"to {max(ids):,}: pull the model again"
        )


def _check_layer(architecture: Architecture, headers: Headers, start: str) -> None:
    for name, shape in _matrices(architecture):
        _check_matrix(headers, start + name, shape)
    for name in ("attn_norm", "ffn_norm"):
        _check_norm(architecture, headers, start + name)
    for name, width in _further_norms(architecture, headers):
        _check(headers, f"{start}{name}.weight", (width,), _FLOATS)
    for name in _unexpected(architecture, headers):
        if f"{start}{name}.weight" in headers:
            place = headers.facts(f"{start}{name}.weight").place
            raise WeightsError(f"{place} is one too many for {architecture.family}: is the file damaged?")


def _matrices(architecture: Architecture) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the matrices of a layer with their shapes, outputs first."""
    hidden, intermediate = architecture.hidden_size, architecture.intermediate_size
    queries = architecture.heads * architecture.head_width
    keys = architecture.kv_heads * architecture.head_width
    yield "attn_q", (queries, hidden)
    yield "attn_k", (keys, hidden)
    yield "attn_v", (keys, hidden)
    yield "attn_output", (hidden, queries)
    yield "ffn_up", (intermediate, hidden)
    yield "ffn_down", (hidden, intermediate)
    if architecture.family not in _UNGATED:
        yield "ffn_gate", (intermediate, hidden)


def _further_norms(architecture: Architecture, headers: Headers) -> Iterator[tuple[str, int]]:
    """Yield the norms that not every family has, with their widths.

    If a family may have a norm or not, the first layer decides, because compiled code asks once for all
    layers.
    """
    if architecture.family in _QUERY_KEY_NORMS or "blk.0.attn_q_norm.weight" in headers:
        yield "attn_q_norm", architecture.head_width
        yield "attn_k_norm", architecture.head_width
    for name in ("post_attention_norm", "post_ffw_norm"):
        if architecture.family in _POST_NORMS or f"blk.0.{name}.weight" in headers:
            yield name, architecture.hidden_size


def _unexpected(architecture: Architecture, headers: Headers) -> set[str]:
    """Return the tensors that a layer must not have if the first has none."""
    expected = {name for name, _ in _further_norms(architecture, headers)}
    gate = {"ffn_gate"} if architecture.family in _UNGATED else set[str]()
    return ({"attn_q_norm", "attn_k_norm", "post_attention_norm", "post_ffw_norm"} | gate) - expected


def _check_matrix(headers: Headers, name: str, shape: tuple[int, int]) -> None:
    _check(headers, f"{name}.weight", shape, _MATRICES)
    if f"{name}.bias" in headers:
        _check(headers, f"{name}.bias", shape[:1], _FLOATS)


def _check_norm(architecture: Architecture, headers: Headers, name: str) -> None:
    _check(headers, f"{name}.weight", (architecture.hidden_size,), _FLOATS)
    if architecture.norm == "layer":
        _check(headers, f"{name}.bias", (architecture.hidden_size,), _FLOATS)


def _check(headers: Headers, name: str, shape: tuple[int, ...], kinds: frozenset[str]) -> None:
    found = headers.facts(name)
    if found.shape != shape:
        raise WeightsError(
            f"{found.place} is {_in_words(found.shape)}, but must be {_in_words(shape)}: pull the model again"
        )
    if found.kind not in kinds:
        raise WeightsError(
            f"{found.place} is kept as {found.kind}, which is not supported: take another file"
        )


def _in_words(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
