"""A whole forward pass for a few tokens in machine code, by several threads: from embeddings to logits.

For one token a layer's arithmetic takes a tenth of a millisecond, so what counts is to read each weight once,
at the speed of memory, and to spend nothing between products. Every thread runs the same program; what is
small, it computes for itself. The rows of a product, the heads and the groups to activate are taken in pieces
by whoever comes first, and a phase is over when all of them are done, not when all threads have come: so a
thread that has lost its core holds the others up for one piece at most.

`engine.model.Decoder` says what is computed; the tests compare the two.

Invariants: a row of logits does not depend on how many tokens are run at once nor on the number of threads,
nor on who did what. While a thread holds a piece nobody gets past its phase, so what pieces read is still
there; what is read outside of pieces, ``outputs``, is written once a step.
"""

import numpy as np
from holesmith.kernels.compiler import add_and_get, compiled, give_way, inlined, read_shared
from holesmith.kernels.low_bit import (
    BIAS,
    GROUP,
    HALF_GROUP,
    ROW_SCALES,
    ROWS,
    TILE_ROWS,
    WIDTH,
    Bytes,
    Floats,
    Integers,
    Record,
    finish,
    multiply,
    piece_of,
    quantise,
)
from holesmith.kernels.scalar_math import activate, apply_softcap
from holesmith.kernels.step_attention import attend, normalise
from holesmith.kernels.step_tables import (
    ACTIVATION,
    ATTENTION_NORM,
    DOWN,
    FEED_FORWARD,
    FEED_FORWARD_NORM,
    HEADS,
    INNER,
    IS_GATED,
    LAYERS,
    LOGIT_SCALE,
    LOGIT_SOFTCAP,
    MATRICES,
    OUTPUT,
    POST_ATTENTION_NORM,
    POST_FEED_FORWARD_NORM,
    QKV,
    RESIDUAL_SCALE,
    Cache,
    Model,
    Scratch,
    Shared,
)

TOKENS_MAX = 8
"""So many tokens at once: one to decode and a draft, or what was typed since the last request."""

PHASES = 6
"""Of one layer; after those of all layers come that of the head and a place to note that the step is over."""

COUNTERS = 16
"""Of one phase, in numbers of 64 bits: what is taken and what is done, each in a line of the cache."""

_DONE, _PHASE_BYTES = 64, 8 * COUNTERS
"""Where the second counter of a phase begins, and the next phase."""

_SPINS = 200
"""So often a counter is looked at before another thread is let run."""

_TILES_MAX = 64
"""So many in a piece, which takes a fraction of a millisecond."""


@compiled
def run_step(
    model: Model,
    cache: Cache,
    embedded: Floats,
    logits: Floats,
    shared: Shared,
    scratch: Scratch,
    counters: Record,
    worker: int,
    workers: int,
) -> None:
    """Run ``embedded`` [tokens, hidden] after what the cache holds.

    Writes the tokens' keys and values, and the logits of the last of them, [rows, padded vocabulary].
    ``counters`` [PHASES * layers + 2, COUNTERS] are 0 at the start. Who sets the first of the last row ends
    the step before the next layer; what it has written by then is good for nothing.
    """
    tokens, width = embedded.shape
    hidden = scratch.hidden[worker, : tokens * width].reshape(tokens, width)
    normed = scratch.normed[worker, : tokens * width].reshape(tokens, width)
    hidden[:] = embedded
    # Of one type everywhere, or each function would be compiled several times.
    phase, layers = int(np.int64(counters.ctypes.data)), model.sizes[LAYERS]
    end = phase + (PHASES * layers + 1) * _PHASE_BYTES
    qkv, mixed = shared.qkv[:tokens], shared.mixed[:tokens]
    for layer in range(layers):
        if read_shared(end) > 0:
            return  # held up so long that the others have done it all, or nobody wants it any more
        matrices = model.matrices[MATRICES * layer : MATRICES * (layer + 1)]
        between, after = shared.outputs[2 * layer], shared.outputs[2 * layer + 1]
        _normalise_all(model, layer, ATTENTION_NORM, hidden, normed)
        _multiply(model, matrices[QKV], normed, shared.qkv, scratch, phase, worker, workers)
        phase += _PHASE_BYTES
        _attend(model, cache, scratch, layer, qkv, mixed, phase, worker, workers)
        phase += _PHASE_BYTES
        _multiply(model, matrices[OUTPUT], mixed, between, scratch, phase, worker, workers)
        phase += _PHASE_BYTES
        _add(model, layer, POST_ATTENTION_NORM, between, hidden, normed)
        _normalise_all(model, layer, FEED_FORWARD_NORM, hidden, normed)
        _multiply(model, matrices[FEED_FORWARD], normed, shared.inner, scratch, phase, worker, workers)
        phase += _PHASE_BYTES
        _activate(model, shared, tokens, phase, workers)
        phase += _PHASE_BYTES
        _multiply_inner(model, matrices[DOWN], shared, tokens, after, phase, workers)
        phase += _PHASE_BYTES
        _add(model, layer, POST_FEED_FORWARD_NORM, after, hidden, normed)
    if read_shared(end) > 0:
        return
    last = tokens - len(logits)
    _normalise_all(model, layers, ATTENTION_NORM, hidden[last:], normed[last:])
    head = model.matrices[MATRICES * layers]
    _multiply(model, head, normed[last:], logits, scratch, phase, worker, workers)
    if add_and_get(end, 1) == 1:
        _scale_logits(model, logits)


@inlined
def _take(phase: int, size: int, count: int) -> int:
    """The first of the next ``size`` things nobody has taken, or ``count``."""
    return min(add_and_get(phase, size) - size, count)


@inlined
def _wait(phase: int, count: int) -> None:
    """Until all is done."""
    spins = 0
    while read_shared(phase + _DONE) < count:
        spins += 1
        if spins > _SPINS:
            give_way()
            spins = 0


@inlined
def _normalise_all(model: Model, layer: int, norm: int, values: Floats, outputs: Floats) -> None:
    for token in range(len(values)):
        normalise(model, layer, norm, values[token], outputs[token])


@inlined
def _add(model: Model, layer: int, norm: int, outputs: Floats, hidden: Floats, room: Floats) -> None:
    """Add what a block gave to what is summed over the layers, through its norm if it has one."""
    scale, width = model.numbers[RESIDUAL_SCALE], hidden.shape[1]
    for token in range(len(hidden)):
        summand = outputs[token, :width]
        if model.norms[layer, norm, 0] >= 0:
            normalise(model, layer, norm, summand, room[token])
            summand = room[token]
        for at in range(width):
            hidden[token, at] += scale * summand[at]


@inlined
def _multiply(
    model: Model,
    matrix: Record,
    inputs: Floats,
    outputs: Floats,
    scratch: Scratch,
    phase: int,
    worker: int,
    workers: int,
) -> None:
    """A product, with all others; every worker rounds all the inputs for itself."""
    tokens, width = len(inputs), matrix[WIDTH]
    groups, halves = width // GROUP, width // HALF_GROUP
    codes = scratch.codes[worker, : tokens * width].reshape(tokens, width)
    scales = scratch.scales[worker, : tokens * groups].reshape(tokens, groups)
    sums = scratch.sums[worker, : tokens * halves].reshape(tokens, halves)
    count = matrix[ROWS] // TILE_ROWS
    size = min(piece_of(count, workers), _TILES_MAX)
    first = _take(phase, size, count)
    if first < count:
        quantise(inputs, codes, scales, sums)
    _multiply_from(first, size, model, matrix, codes, scales, sums, tokens, outputs, phase)


@inlined
def _multiply_inner(
    model: Model, matrix: Record, shared: Shared, tokens: int, outputs: Floats, phase: int, workers: int
) -> None:
    """As `_multiply`, of the inner values that the workers rounded together."""
    codes, scales, sums = shared.inner_codes, shared.inner_scales, shared.inner_sums
    count = matrix[ROWS] // TILE_ROWS
    size = piece_of(count, workers)
    first = _take(phase, size, count)
    _multiply_from(first, size, model, matrix, codes, scales, sums, tokens, outputs, phase)


@inlined
def _multiply_from(
    first: int,
    size: int,
    model: Model,
    matrix: Record,
    codes: Bytes,
    scales: Floats,
    sums: Integers,
    tokens: int,
    outputs: Floats,
    phase: int,
) -> None:
    """The piece that begins with ``first``, which was taken, and whatever else can be had."""
    count = matrix[ROWS] // TILE_ROWS
    while first < count:
        last = min(first + size, count)
        multiply(matrix, codes, scales, sums, tokens, outputs, first, last)
        _finish(model, matrix, outputs, tokens, first, last)
        add_and_get(phase + _DONE, last - first)
        first = _take(phase, size, count)
    _wait(phase, count)


@inlined
def _finish(model: Model, matrix: Record, outputs: Floats, tokens: int, first: int, last: int) -> None:
    row_scales = _vector(model.vectors, matrix[ROW_SCALES], matrix[ROWS])
    bias = _vector(model.vectors, matrix[BIAS], matrix[ROWS])
    finish(outputs, tokens, row_scales, bias, first * TILE_ROWS, last * TILE_ROWS)


@inlined
def _vector(vectors: Floats, start: int, length: int) -> Floats:
    return vectors[start : start + length] if start >= 0 else vectors[:0]


@inlined
def _attend(
    model: Model,
    cache: Cache,
    scratch: Scratch,
    layer: int,
    qkv: Floats,
    mixed: Floats,
    phase: int,
    worker: int,
    workers: int,
) -> None:
    """In pieces as large as can be: heads that share keys read them from memory once if they are together."""
    count = model.sizes[HEADS]
    size = (count + workers - 1) // workers
    first = _take(phase, size, count)
    while first < count:
        last = min(first + size, count)
        attend(model, cache, scratch, layer, qkv, mixed, worker, first, last)
        add_and_get(phase + _DONE, last - first)
        first = _take(phase, size, count)
    _wait(phase, count)


@inlined
def _activate(model: Model, shared: Shared, tokens: int, phase: int, workers: int) -> None:
    count = shared.inner_scales.shape[1]
    size = piece_of(count, workers)
    first = _take(phase, size, count)
    while first < count:
        last = min(first + size, count)
        _activate_groups(model, shared, tokens, first, last)
        add_and_get(phase + _DONE, last - first)
        first = _take(phase, size, count)
    _wait(phase, count)


@inlined
def _activate_groups(model: Model, shared: Shared, tokens: int, first: int, last: int) -> None:
    """Activate some groups in place, times the other half where the layer is gated, and round them."""
    width, kind = model.sizes[INNER], model.sizes[ACTIVATION]
    begin, end = first * GROUP, min(last * GROUP, width)
    inner = shared.inner[:tokens]
    for token in range(tokens):
        mine = inner[token, begin:end]
        for at in range(len(mine)):
            mine[at] = activate(mine[at], kind)
        if model.sizes[IS_GATED]:
            other = inner[token, width + begin : width + end]
            for at in range(len(mine)):
                mine[at] *= other[at]
    quantise(
        inner[:, begin:end],
        shared.inner_codes[:, begin:],
        shared.inner_scales[:, first:last],
        shared.inner_sums[:, first * (GROUP // HALF_GROUP) : last * (GROUP // HALF_GROUP)],
    )


@inlined
def _scale_logits(model: Model, logits: Floats) -> None:
    scale = model.numbers[LOGIT_SCALE]
    for row in range(len(logits)):
        if scale != np.float32(1.0):
            for at in range(logits.shape[1]):
                logits[row, at] *= scale
        apply_softcap(logits[row], model.numbers[LOGIT_SOFTCAP])
