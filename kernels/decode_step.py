"""A whole forward pass for a few tokens in machine code, by several threads: from embeddings to logits.

For one token a layer's arithmetic takes a tenth of a millisecond, so what counts is to read each weight once,
at the speed of memory, and to spend nothing between products. Every thread runs the same program, computes
its share of each product's rows and of the heads, and meets the others at barriers; what is small, it
computes for itself. `engine.model.Decoder` says what is computed; the tests compare the two.

Invariant: a row of logits does not depend on how many tokens are run at once nor on the number of threads.
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
    Floats,
    Record,
    finish,
    multiply,
    quantise,
    share,
)
from holesmith.kernels.scalar_math import activate, soften
from holesmith.kernels.step_attention import attend, normalise
from holesmith.kernels.step_tables import (
    ACTIVATION,
    ATTENTION_NORM,
    DOWN,
    FEED_FORWARD,
    FEED_FORWARD_NORM,
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

_SPINS = 200
"""So often a barrier is looked at before another thread is let run."""


@compiled
def run_step(
    model: Model,
    cache: Cache,
    embedded: Floats,
    logits: Floats,
    shared: Shared,
    scratch: Scratch,
    barrier: Record,
    worker: int,
    workers: int,
) -> None:
    """Run ``embedded`` [tokens, hidden] after what the cache holds.

    Writes the tokens' keys and values, and the logits of the last of them, [rows, padded vocabulary].
    ``barrier`` is one number, 0 at the start.
    """
    tokens, width = embedded.shape
    hidden = scratch.hidden[worker, : tokens * width].reshape(tokens, width)
    normed = scratch.normed[worker, : tokens * width].reshape(tokens, width)
    hidden[:] = embedded
    meeting, turn = barrier.ctypes.data, 0
    for layer in range(model.sizes[LAYERS]):
        matrices = model.matrices[MATRICES * layer : MATRICES * (layer + 1)]
        _normalise_all(model, layer, ATTENTION_NORM, hidden, normed)
        _multiply_share(model, matrices[QKV], normed, shared.qkv, scratch, worker, workers)
        turn = _meet(meeting, turn, workers)
        attend(model, cache, scratch, layer, shared.qkv[:tokens], shared.mixed, worker, workers)
        turn = _meet(meeting, turn, workers)
        mixed = shared.mixed[:tokens]
        _multiply_share(model, matrices[OUTPUT], mixed, shared.outputs, scratch, worker, workers)
        turn = _meet(meeting, turn, workers)
        _add(model, layer, POST_ATTENTION_NORM, shared.outputs, hidden, normed)
        _normalise_all(model, layer, FEED_FORWARD_NORM, hidden, normed)
        _multiply_share(model, matrices[FEED_FORWARD], normed, shared.inner, scratch, worker, workers)
        turn = _meet(meeting, turn, workers)
        _activate_share(model, shared, tokens, worker, workers)
        turn = _meet(meeting, turn, workers)
        _multiply_inner_share(model, matrices[DOWN], shared, tokens, worker, workers)
        turn = _meet(meeting, turn, workers)
        _add(model, layer, POST_FEED_FORWARD_NORM, shared.outputs, hidden, normed)
    last = tokens - len(logits)
    _normalise_all(model, model.sizes[LAYERS], ATTENTION_NORM, hidden[last:], normed[last:])
    head = model.matrices[MATRICES * model.sizes[LAYERS]]
    _multiply_share(model, head, normed[last:], logits, scratch, worker, workers)
    _scale_logits(model, head, logits, worker, workers)


@inlined
def _meet(barrier: int, turn: int, workers: int) -> int:
    """Wait until all workers have come here once more; gives the next turn."""
    target = (turn + 1) * workers
    if workers > 1 and add_and_get(barrier, 1) < target:
        spins = 0
        while read_shared(barrier) < target:
            spins += 1
            if spins > _SPINS:
                give_way()
                spins = 0
    return turn + 1


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
def _multiply_share(
    model: Model,
    matrix: Record,
    inputs: Floats,
    outputs: Floats,
    scratch: Scratch,
    worker: int,
    workers: int,
) -> None:
    """This worker's rows of a product; every worker rounds all the inputs for itself."""
    tokens, width = len(inputs), matrix[WIDTH]
    groups, halves = width // GROUP, width // HALF_GROUP
    codes = scratch.codes[worker, : tokens * width].reshape(tokens, width)
    scales = scratch.scales[worker, : tokens * groups].reshape(tokens, groups)
    sums = scratch.sums[worker, : tokens * halves].reshape(tokens, halves)
    quantise(inputs, codes, scales, sums)
    first, last = share(matrix[ROWS] // TILE_ROWS, worker, workers)
    multiply(matrix, codes, scales, sums, tokens, outputs, first, last)
    _finish(model, matrix, outputs, tokens, first, last)


@inlined
def _multiply_inner_share(
    model: Model, matrix: Record, shared: Shared, tokens: int, worker: int, workers: int
) -> None:
    """As `_multiply_share`, of the inner values that the workers rounded together."""
    first, last = share(matrix[ROWS] // TILE_ROWS, worker, workers)
    codes, scales, sums = shared.inner_codes, shared.inner_scales, shared.inner_sums
    multiply(matrix, codes, scales, sums, tokens, shared.outputs, first, last)
    _finish(model, matrix, shared.outputs, tokens, first, last)


@inlined
def _finish(model: Model, matrix: Record, outputs: Floats, tokens: int, first: int, last: int) -> None:
    row_scales = _vector(model.vectors, matrix[ROW_SCALES], matrix[ROWS])
    bias = _vector(model.vectors, matrix[BIAS], matrix[ROWS])
    finish(outputs, tokens, row_scales, bias, first * TILE_ROWS, last * TILE_ROWS)


@inlined
def _vector(vectors: Floats, start: int, length: int) -> Floats:
    return vectors[start : start + length] if start >= 0 else vectors[:0]


@inlined
def _activate_share(model: Model, shared: Shared, tokens: int, worker: int, workers: int) -> None:
    """Activate some groups in place, times the other half where the layer is gated, and round them."""
    width, kind = model.sizes[INNER], model.sizes[ACTIVATION]
    first, last = share(shared.inner_scales.shape[1], worker, workers)
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
def _scale_logits(model: Model, head: Record, logits: Floats, worker: int, workers: int) -> None:
    first, last = share(head[ROWS] // TILE_ROWS, worker, workers)
    scale = model.numbers[LOGIT_SCALE]
    for row in range(len(logits)):
        mine = logits[row, first * TILE_ROWS : last * TILE_ROWS]
        if scale != np.float32(1.0):
            for at in range(len(mine)):
                mine[at] *= scale
        soften(mine, model.numbers[LOGIT_SOFTCAP])
