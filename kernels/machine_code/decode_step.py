"""A whole forward pass of a few tokens in machine code, from embeddings to logits, on several threads.

For one token the arithmetic of a layer takes a tenth of a millisecond. So the step must read each weight once
only, at the speed of memory, and lose no time between products. All threads run the same program, and each
computes small results for itself. Threads take the rows of a product, the heads and the groups to activate in
pieces, first come, first served. A phase ends when all its pieces are done, not when all threads have come to
it: a thread that loses its core delays the others by one piece at most.

`engine.model.decoder.Decoder` specifies the result; the tests compare the two.

Invariants: a row of logits depends neither on the number of tokens that run at once, nor on the number of
threads, nor on which thread computed which piece. No thread gets past a phase while another thread holds a
piece of it, so the inputs of a piece stay unchanged. ``outputs``, which is read outside of pieces, is written
only once in a step.
"""

import numpy as np
from holesmith.kernels.kept_code import compiled
from holesmith.kernels.machine_code.compiler import add_and_get, give_way, inlined, read_shared
from holesmith.kernels.machine_code.low_bit import (
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
from holesmith.kernels.machine_code.scalar_math import activate, apply_softcap, copy_values
from holesmith.kernels.machine_code.step_attention import attend, normalise
from holesmith.kernels.machine_code.step_tables import (
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
"""The most tokens of one step: one to decode and a draft, or the text typed since the last request."""

PHASES = 6
"""The phases of one layer. After all layers come the phase of the head and the counter that ends the step."""

COUNTERS = 16
"""The 64-bit numbers of one phase: the counters of taken and of done items, each in its own cache line."""

_DONE, _PHASE_BYTES = 64, 8 * COUNTERS
"""The offsets in bytes of the second counter of a phase, and of the next phase."""

_SPINS = 200
"""The number of reads of a counter before a waiting thread yields its core."""

_TILES_MAX = 64
"""The most tiles of a piece, which then takes a fraction of a millisecond."""


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
    """Run the tokens ``embedded`` [tokens, hidden] behind the tokens in the cache.

    Writes the keys and values of the tokens to the cache, and the logits of the last tokens to ``logits``
    [rows, padded vocabulary]. ``counters`` [PHASES * layers + 2, COUNTERS] must be 0 at the start. To stop
    the step before its next layer, set the first number of their last row; the results are then unusable.
    """
    tokens, width = embedded.shape
    hidden = scratch.hidden[worker, : tokens * width].reshape(tokens, width)
    normed = scratch.normed[worker, : tokens * width].reshape(tokens, width)
    for token in range(tokens):
        copy_values(embedded[token], hidden[token])
    # The phase is an int64 everywhere, because each function is compiled again for every other type.
    phase, layers = int(np.int64(counters.ctypes.data)), model.sizes[LAYERS]
    end = phase + (PHASES * layers + 1) * _PHASE_BYTES
    qkv, mixed = shared.qkv[:tokens], shared.mixed[:tokens]
    for layer in range(layers):
        if read_shared(end) > 0:
            return  # the others have finished without this thread, or the step was stopped
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
    """Take the next ``size`` items of a phase. Returns the first of them, or ``count`` if none is left."""
    return min(add_and_get(phase, size) - size, count)


@inlined
def _wait(phase: int, count: int) -> None:
    """Wait until all items of a phase are done."""
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
    """Add the output of a block to the residual stream ``hidden``, normalised if the block has a norm."""
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
    """Multiply together with all other workers. Every worker quantises all inputs for itself."""
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
    """Multiply as `_multiply` does, with the inner values, which the workers have quantised together."""
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
    """Compute the piece that begins with ``first``, which is taken already, and then further pieces."""
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
    """Attend in pieces as large as possible: heads in one piece read the keys that they share only once."""
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
    """Activate some groups in place, multiply them by the other half if gated, and quantise them."""
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
