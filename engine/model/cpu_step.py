"""The preparation of `machine_code.decode_step` for one model: tables of numbers for the machine code."""

from collections.abc import Callable

import numpy as np
import torch
from holesmith.engine.model.architecture import Activation, Architecture
from holesmith.engine.model.decoder import Layer, Parts
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.model.norm import Norm
from holesmith.engine.model.rope import Rope
from holesmith.kernels.low_bit_matrix import LowBitMatrix
from holesmith.kernels.machine_code import step_tables as tables
from holesmith.kernels.machine_code.decode_step import COUNTERS, PHASES, TOKENS_MAX, run_step
from holesmith.kernels.machine_code.low_bit import (
    BIAS,
    GROUP,
    HALF_GROUP,
    ROW_SCALES,
    ROWS,
    TILE_ROWS,
    WIDTH,
    Floats,
    Record,
)
from holesmith.kernels.machine_code.scalar_math import GELU, GELU_TANH, SILU
from holesmith.kernels.workers import no_op
from torch import Tensor

_ACTIVATIONS: dict[Activation, int] = {
    "silu": SILU,
    "gelu": GELU,
    "gelu_tanh": GELU_TANH,
}

# The layers that a timing probe runs: enough to measure, few enough to be quick.
_PROBED_LAYERS = 2


def cpu_step_of(architecture: Architecture, parts: Parts, context_tokens_max: int) -> "CpuStep | None":
    """Make the step of a model all of whose matrices are `LowBitMatrix`; None for any other."""
    matrices = [matrix for layer in parts.layers for matrix in _matrices(layer)]
    known = [matrix for matrix in [*matrices, parts.head] if isinstance(matrix, LowBitMatrix)]
    if len(known) != len(matrices) + 1:
        return None
    return CpuStep(architecture, parts, known, min(context_tokens_max, architecture.context_tokens_max))


def _matrices(layer: Layer) -> list[object]:
    """Return the matrices of a layer in the order of `kernels.machine_code.step_tables`."""
    return [layer.qkv, layer.attention_output, layer.feed_forward_input, layer.down_proj]


def _norms(layer: Layer) -> list[Norm | None]:
    """Return the norms of a layer in the order of `kernels.machine_code.step_tables`."""
    return [
        layer.attention_norm,
        layer.query_norm,
        layer.key_norm,
        layer.post_attention_norm,
        layer.feed_forward_norm,
        layer.post_feed_forward_norm,
    ]


class _Vectors:
    """Scales, shifts and biases of a model, one after another."""

    def __init__(self) -> None:
        self._parts: list[Floats] = []
        self._length = 0

    def place(self, values: Tensor | None) -> int:
        """Append the values and return the index of the first; -1 if there are none."""
        if values is None:
            return -1
        place = self._length
        self._parts.append(values.float().numpy())
        self._length += len(values)
        return place

    def joined(self) -> Floats:
        return np.concatenate(self._parts)


class CpuStep:
    """Implements `decoder.CpuStepModel`. For one thread at a time, as the engine has one."""

    def __init__(
        self, architecture: Architecture, parts: Parts, matrices: list[LowBitMatrix], positions: int
    ) -> None:
        vectors = _Vectors()
        self._matrices = matrices  # keeps the memory alive that the table of addresses points to
        self._vocabulary = matrices[-1].rows
        self._positions = positions
        table = np.stack([_record(matrix, vectors) for matrix in matrices])
        _check_sizes(architecture, parts, table)
        norms = _norm_table(parts, vectors)
        self._model = tables.Model(
            _sizes(architecture, parts.layers[0]),
            _numbers(architecture, parts.norm.epsilon),
            table,
            norms,
            vectors.joined(),
            np.array([window or 0 for window in architecture.windows], np.int64),
            *_ropes(architecture, positions),
        )
        self._workers = matrices[0].workers
        self._shared = _shared_buffers(architecture, table)
        self._scratch = _scratch_buffers(architecture, table, positions, self._workers.most)
        self._counters = np.zeros((PHASES * architecture.layers + 2, COUNTERS), np.int64)

    @property
    def tokens_max(self) -> int:
        """See `decoder.CpuStepModel`."""
        return TOKENS_MAX

    def run(
        self,
        embedded: Tensor,
        cache: KeyValueCache,
        logits_count: int,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        """See `decoder.CpuStepModel`."""
        self._check(embedded, cache, logits_count)
        kept = tables.Cache(cache.keys.numpy(), cache.values.numpy(), cache.length)
        logits = self._run(self._model, kept, embedded, logits_count, on_launched)
        return torch.from_numpy(logits)[:, : self._vocabulary]

    def _check(self, embedded: Tensor, cache: KeyValueCache, logits_count: int) -> None:
        """Check the arguments, because compiled code trusts them and checks no bounds."""
        sizes = self._model.sizes
        layers, kv_heads, head_width = (
            int(sizes[at]) for at in (tables.LAYERS, tables.KV_HEADS, tables.HEAD_WIDTH)
        )
        tokens = len(embedded)
        assert embedded.shape == (tokens, int(sizes[tables.HIDDEN])), embedded.shape
        assert 0 <= logits_count <= tokens <= TOKENS_MAX, (logits_count, tokens)
        stop = cache.length + tokens
        assert 0 <= cache.length < stop <= min(cache.capacity, self._positions), (cache.length, tokens)
        for values in (cache.keys, cache.values):
            assert values.shape == (layers, kv_heads, cache.capacity, head_width), values.shape
            assert values.dtype == embedded.dtype == torch.float32
            assert values.is_contiguous()

    def abandon(self) -> None:
        """See `decoder.CpuStepModel`."""
        self._counters[-1, 0] = 1

    def probe(self) -> None:
        """See `decoder.CpuStepModel`. Runs the first layers, without the head."""
        sizes = self._model.sizes.copy()
        sizes[tables.LAYERS] = layers = min(_PROBED_LAYERS, sizes[tables.LAYERS])
        empty = np.zeros((layers, sizes[tables.KV_HEADS], 1, sizes[tables.HEAD_WIDTH]), np.float32)
        embedded = torch.zeros(1, int(sizes[tables.HIDDEN]))
        self._run(self._model._replace(sizes=sizes), tables.Cache(empty, empty.copy(), 0), embedded, 0)

    def use_threads(self, count: int) -> None:
        """See `decoder.CpuStepModel`."""
        self._workers.use(count)

    def _run(
        self,
        model: tables.Model,
        cache: tables.Cache,
        embedded: Tensor,
        logits_count: int,
        on_launched: Callable[[], None] = no_op,
    ) -> Floats:
        """Run a step.  # [logits_count, padded vocabulary]"""
        logits = np.empty((logits_count, int(model.matrices[-1, ROWS])), np.float32)
        counters = self._counters[: PHASES * int(model.sizes[tables.LAYERS]) + 2]
        counters[:] = 0
        inputs = embedded.contiguous().numpy()
        arguments = model, cache, inputs, logits, self._shared, self._scratch, counters
        self._workers.run(run_step, *arguments, on_launched=on_launched)
        return logits


def _record(matrix: LowBitMatrix, vectors: _Vectors) -> Record:
    record = matrix.record
    record[ROW_SCALES], record[BIAS] = vectors.place(matrix.row_scales), vectors.place(matrix.bias)
    return record


def _check_sizes(architecture: Architecture, parts: Parts, table: Record) -> None:
    """Check the sizes of all layers: buffers have those of the architecture and the first layer."""
    hidden_size, heads = architecture.hidden_size, architecture.heads * architecture.head_width
    keys, gates = architecture.kv_heads * architecture.head_width, 2 if parts.layers[0].gated else 1
    expected = {
        tables.QKV: (heads + 2 * keys, hidden_size),
        tables.OUTPUT: (hidden_size, heads),
        tables.FEED_FORWARD: (gates * architecture.intermediate_size, hidden_size),
        tables.DOWN: (hidden_size, architecture.intermediate_size),
    }
    assert len(table) == tables.MATRICES * architecture.layers + 1
    for at, record in enumerate(table[:-1]):
        rows, inputs = expected[at % tables.MATRICES]
        assert (int(record[ROWS]), int(record[WIDTH])) == (
            _padded(rows, TILE_ROWS),
            _padded(inputs, GROUP),
        ), at
    assert int(table[-1, WIDTH]) == _padded(hidden_size, GROUP)
    for layer in parts.layers:
        assert layer.gated == parts.layers[0].gated
        for norm in (layer.query_norm, layer.key_norm):
            assert norm is None or norm.scale.shape == (architecture.head_width,)
    for norm in (parts.norm, *(norm for layer in parts.layers for norm in _wide_norms(layer))):
        assert all(part is None or part.shape == (hidden_size,) for part in (norm.scale, norm.shift))


def _wide_norms(layer: Layer) -> list[Norm]:
    all_norms = (
        layer.attention_norm,
        layer.post_attention_norm,
        layer.feed_forward_norm,
        layer.post_feed_forward_norm,
    )
    return [norm for norm in all_norms if norm is not None]


def _padded(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _norm_table(parts: Parts, vectors: _Vectors) -> Record:
    """Return the indices of all norms' vectors.  # [layers + 1, norms, scale and shift]"""
    rows = [*(_norms(layer) for layer in parts.layers), [parts.norm] + [None] * (tables.NORMS - 1)]
    places = [
        [(-1, -1) if norm is None else (vectors.place(norm.scale), vectors.place(norm.shift)) for norm in row]
        for row in rows
    ]
    return np.array(places, np.int64)


def _sizes(architecture: Architecture, layer: Layer) -> Record:
    sizes = np.zeros(tables.SIZES, np.int64)
    first = layer.feed_forward_input
    assert isinstance(first, LowBitMatrix)
    sizes[tables.LAYERS] = architecture.layers
    sizes[tables.HIDDEN] = architecture.hidden_size
    sizes[tables.HEADS], sizes[tables.KV_HEADS] = architecture.heads, architecture.kv_heads
    sizes[tables.HEAD_WIDTH] = architecture.head_width
    sizes[tables.INNER] = first.rows // 2 if layer.gated else first.rows
    sizes[tables.IS_GATED] = layer.gated
    sizes[tables.ACTIVATION] = _ACTIVATIONS[architecture.activation]
    sizes[tables.IS_LAYER_NORM] = architecture.norm == "layer"
    return sizes


def _numbers(architecture: Architecture, epsilon: float) -> Floats:
    numbers = np.zeros(tables.NUMBERS, np.float32)
    numbers[tables.EPSILON] = epsilon
    numbers[tables.ATTENTION_SCALE] = architecture.attention_scale
    numbers[tables.ATTENTION_SOFTCAP] = architecture.attention_softcap or 0
    numbers[tables.RESIDUAL_SCALE] = architecture.residual_scale
    numbers[tables.LOGIT_SCALE] = architecture.logit_scale
    numbers[tables.LOGIT_SOFTCAP] = architecture.logit_softcap or 0
    return numbers


def _ropes(architecture: Architecture, positions: int) -> tuple[Record, Floats, Floats, Record]:
    """Return each layer's rope; then, for each rope, cosines, sines [positions, head_width] and swaps."""
    ropes: list[Rope] = [architecture.rope]
    if architecture.local_rope is not None:
        ropes.append(architecture.local_rope)
    cpu, head_width = torch.device("cpu"), architecture.head_width
    tables = [rope.tables(positions, head_width, cpu) for rope in ropes]
    rope_of = [0 if window is None else len(ropes) - 1 for window in architecture.windows]
    return (
        np.array(rope_of, np.int64),
        torch.stack([cosine for cosine, _ in tables]).numpy(),
        torch.stack([sine for _, sine in tables]).numpy(),
        torch.stack([rope.swap(head_width, cpu) for rope in ropes]).numpy(),
    )


def _shared_buffers(architecture: Architecture, table: Record) -> tables.Shared:
    layer = table[: tables.MATRICES]
    down = int(layer[tables.DOWN, WIDTH])
    widest = int(max(layer[tables.OUTPUT, ROWS], layer[tables.DOWN, ROWS]))
    return tables.Shared(
        qkv=np.zeros((TOKENS_MAX, int(layer[tables.QKV, ROWS])), np.float32),
        mixed=np.zeros((TOKENS_MAX, architecture.heads * architecture.head_width), np.float32),
        inner=np.zeros((TOKENS_MAX, int(layer[tables.FEED_FORWARD, ROWS])), np.float32),
        inner_codes=np.zeros((TOKENS_MAX, down), np.int8),
        inner_scales=np.zeros((TOKENS_MAX, down // GROUP), np.float32),
        inner_sums=np.zeros((TOKENS_MAX, down // HALF_GROUP), np.int32),
        outputs=np.zeros((2 * architecture.layers, TOKENS_MAX, widest), np.float32),
    )


def _scratch_buffers(
    architecture: Architecture, table: Record, positions: int, workers: int
) -> tables.Scratch:
    queries = TOKENS_MAX * (architecture.heads // architecture.kv_heads)
    widest = TOKENS_MAX * int(table[:, WIDTH].max())
    return tables.Scratch(
        hidden=np.zeros((workers, TOKENS_MAX * architecture.hidden_size), np.float32),
        normed=np.zeros((workers, TOKENS_MAX * architecture.hidden_size), np.float32),
        room=np.zeros((workers, 2, architecture.head_width), np.float32),
        queries=np.zeros((workers, queries, architecture.head_width), np.float32),
        scores=np.zeros((workers, queries, positions), np.float32),
        codes=np.zeros((workers, widest), np.int8),
        scales=np.zeros((workers, widest // GROUP), np.float32),
        sums=np.zeros((workers, widest // HALF_GROUP), np.int32),
    )
