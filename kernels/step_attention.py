"""Attention of a few tokens in machine code: norms and rotation, writing the cache, mixing values.

Invariant: positions of the cache before ``cache.start`` are only read.
"""

import math

import numpy as np
from holesmith.kernels.compiler import inlined
from holesmith.kernels.low_bit import Floats
from holesmith.kernels.scalar_math import exponential, soften, to_16_bits
from holesmith.kernels.step_tables import (
    ATTENTION_SCALE,
    ATTENTION_SOFTCAP,
    EPSILON,
    HEAD_WIDTH,
    HEADS,
    IS_LAYER_NORM,
    KEY_NORM,
    KV_HEADS,
    QUERY_NORM,
    Cache,
    Model,
)


@inlined
def normalise(model: Model, layer: int, norm: int, values: Floats, outputs: Floats) -> None:
    """One row by the norm of that layer, see `engine.norm`; ``outputs`` may be ``values``."""
    width, places = len(values), model.norms[layer, norm]
    mean = np.float32(0.0)
    if model.sizes[IS_LAYER_NORM]:
        for at in range(width):
            mean += values[at]
        mean /= np.float32(width)
    squares = np.float32(0.0)
    for at in range(width):
        squares += (values[at] - mean) * (values[at] - mean)
    inverse = np.float32(1.0) / np.float32(math.sqrt(squares / np.float32(width) + model.numbers[EPSILON]))
    scale = model.vectors[places[0] : places[0] + width]
    for at in range(width):
        outputs[at] = (values[at] - mean) * inverse * scale[at]
    if places[1] >= 0:
        shift = model.vectors[places[1] : places[1] + width]
        for at in range(width):
            outputs[at] += shift[at]


@inlined
def attend(
    model: Model,
    cache: Cache,
    layer: int,
    qkv: Floats,
    mixed: Floats,
    room: Floats,
    scores: Floats,
    first_head: int,
    last_head: int,
) -> None:
    """Some heads of one layer: write keys and values of the new tokens, then mix.

    Two workers may write the same key head: the same bytes.
    # qkv [tokens, (heads + 2 kv_heads) * head_width], mixed [tokens, heads * head_width]
    """
    group = model.sizes[HEADS] // model.sizes[KV_HEADS]
    for kv_head in range(first_head // group, (last_head - 1) // group + 1):
        _store(model, cache, layer, qkv, room, kv_head)
    width, window = model.sizes[HEAD_WIDTH], model.windows[layer]
    keys, values = cache.keys[layer], cache.values[layer]
    for head in range(first_head, last_head):
        kv_head, begin = head // group, head * width
        for token in range(len(qkv)):
            query = _turned(model, layer, QUERY_NORM, qkv[token], begin, cache.start + token, room)
            stop = cache.start + token + 1
            oldest = max(0, stop - window) if window > 0 else 0
            seen = scores[: stop - oldest]
            _score(query, keys[kv_head, oldest:stop], seen, model.numbers[ATTENTION_SCALE])
            soften(seen, model.numbers[ATTENTION_SOFTCAP])
            _to_shares(seen)
            _mix(seen, values[kv_head, oldest:stop], mixed[token, begin : begin + width])


@inlined
def _store(model: Model, cache: Cache, layer: int, qkv: Floats, room: Floats, kv_head: int) -> None:
    """Keys and values of the new tokens, rounded as the prefix cache keeps them."""
    width = model.sizes[HEAD_WIDTH]
    keys, values = cache.keys[layer, kv_head], cache.values[layer, kv_head]
    begin = (model.sizes[HEADS] + kv_head) * width
    value_begin = begin + model.sizes[KV_HEADS] * width
    for token in range(len(qkv)):
        position = cache.start + token
        key = _turned(model, layer, KEY_NORM, qkv[token], begin, position, room)
        for at in range(width):
            keys[position, at] = to_16_bits(key[at])
            values[position, at] = to_16_bits(qkv[token, value_begin + at])


@inlined
def _turned(
    model: Model, layer: int, norm: int, row: Floats, begin: int, position: int, room: Floats
) -> Floats:
    """One head of a row, normalised if the model does that, and rotated by its position."""
    rope, head, turned = model.rope_of[layer], room[0], room[1]
    cosine, sine, swap = model.cosines[rope, position], model.sines[rope, position], model.swaps[rope]
    for at in range(len(head)):
        head[at] = row[begin + at]
    if model.norms[layer, norm, 0] >= 0:
        normalise(model, layer, norm, head, head)
    for at in range(len(head)):
        turned[at] = head[at] * cosine[at] + head[swap[at]] * sine[at]
    return turned


@inlined
def _score(query: Floats, keys: Floats, scores: Floats, scale: np.float32) -> None:
    """# [head_width], [keys, head_width] -> [keys]"""
    for key in range(len(keys)):
        total = np.float32(0.0)
        for at in range(len(query)):
            total += query[at] * keys[key, at]
        scores[key] = total * scale


@inlined
def _to_shares(scores: Floats) -> None:
    """Softmax in place."""
    largest = scores[0]
    for at in range(len(scores)):
        largest = max(largest, scores[at])
    for at in range(len(scores)):
        scores[at] = exponential(scores[at] - largest)
    total = np.float32(0.0)
    for at in range(len(scores)):
        total += scores[at]
    inverse = np.float32(1.0) / total
    for at in range(len(scores)):
        scores[at] *= inverse


@inlined
def _mix(shares: Floats, values: Floats, mixed: Floats) -> None:
    """Four keys at a time, so that sums are stored a fourth as often.

    # [keys], [keys, head_width] -> [head_width]
    """
    mixed[:] = 0
    whole = len(shares) // 4 * 4
    for key in range(0, whole, 4):
        a, b, c, d = shares[key], shares[key + 1], shares[key + 2], shares[key + 3]
        for at in range(len(mixed)):
            mixed[at] += (
                a * values[key, at]
                + b * values[key + 1, at]
                + c * values[key + 2, at]
                + d * values[key + 3, at]
            )
    for key in range(whole, len(shares)):
        for at in range(len(mixed)):
            mixed[at] += shares[key] * values[key, at]
