"""Attention of a few tokens in machine code: norms, rotation, cache, scores and weighted values.

Invariant: positions of the cache before ``cache.start`` are only read, never written.
"""

import math
from collections.abc import Callable

import numpy as np
from holesmith.kernels.machine_code.compiler import inlined
from holesmith.kernels.machine_code.low_bit import Floats
from holesmith.kernels.machine_code.scalar_math import apply_softcap, copy_values, exponential, to_16_bits
from holesmith.kernels.machine_code.step_tables import (
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
    Scratch,
)

KEYS_AT_ONCE = 256
"""The keys of a block. This many keys of common heads, and as many values, fit into the cache of one core."""


@inlined
def normalise(model: Model, layer: int, norm: int, values: Floats, outputs: Floats) -> None:
    """Normalise one row by a norm of a layer, see `engine.model.norm`. ``outputs`` may be ``values``."""
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
    scratch: Scratch,
    layer: int,
    qkv: Floats,
    mixed: Floats,
    worker: int,
    first: int,
    last: int,
) -> None:
    """Attention of the heads ``first`` up to ``last`` of one layer.

    Writes the keys and values of the new tokens to the cache, and the output to ``mixed``. Two workers may
    write the same key head, but they write the same bytes.
    # qkv [tokens, (heads + 2 kv_heads) * head_width], mixed [tokens, heads * head_width]
    """
    group = model.sizes[HEADS] // model.sizes[KV_HEADS]
    for kv_head in range(first // group, (last + group - 1) // group):
        _store(model, cache, scratch.room[worker], layer, qkv, kv_head)
        begin, end = max(first, kv_head * group), min(last, (kv_head + 1) * group)
        if begin < end:
            _attend_group(model, cache, scratch, layer, qkv, mixed, worker, kv_head, begin, end)


@inlined
def _attend_group(
    model: Model,
    cache: Cache,
    scratch: Scratch,
    layer: int,
    qkv: Floats,
    mixed: Floats,
    worker: int,
    kv_head: int,
    first_head: int,
    last_head: int,
) -> None:
    """Attention of the heads that share a key head, by blocks of keys: each key is read from memory once."""
    tokens, heads, width = len(qkv), last_head - first_head, model.sizes[HEAD_WIDTH]
    queries, scores = scratch.queries[worker], scratch.scores[worker]
    keys, values = cache.keys[layer, kv_head], cache.values[layer, kv_head]
    for token in range(tokens):
        for head in range(heads):
            turned = _turned(
                model,
                scratch.room[worker],
                layer,
                QUERY_NORM,
                qkv[token],
                (first_head + head) * width,
                cache.start + token,
            )
            copy_values(turned, queries[token * heads + head])
    for block in range(0, cache.start + tokens, KEYS_AT_ONCE):
        for row in range(tokens * heads):
            begin, end = _seen(model, cache, layer, row // heads, block)
            if begin < end:
                part = scores[row, begin:end]
                _score(queries[row], keys[begin:end], part, model.numbers[ATTENTION_SCALE])
                apply_softcap(part, model.numbers[ATTENTION_SOFTCAP])
    window = model.windows[layer]
    for row in range(tokens * heads):
        token, column = row // heads, (first_head + row % heads) * width
        stop = cache.start + token + 1
        _softmax_in_place(scores[row, max(0, stop - window) if window > 0 else 0 : stop])
        mixed[token, column : column + width] = 0
    for block in range(0, cache.start + tokens, KEYS_AT_ONCE):
        for row in range(tokens * heads):
            begin, end = _seen(model, cache, layer, row // heads, block)
            if begin < end:
                column = (first_head + row % heads) * width
                out = mixed[row // heads, column : column + width]
                _mix(scores[row, begin:end], values[begin:end], out)


@inlined
def _seen(model: Model, cache: Cache, layer: int, token: int, block: int) -> tuple[int, int]:
    """The range of keys in a block that a new token may attend to: first, and one past the last."""
    window, stop = model.windows[layer], cache.start + token + 1
    oldest = max(0, stop - window) if window > 0 else 0
    return max(block, oldest), min(block + KEYS_AT_ONCE, stop)


@inlined
def _store(model: Model, cache: Cache, room: Floats, layer: int, qkv: Floats, kv_head: int) -> None:
    """Write the keys and values of the new tokens to the cache, rounded to bfloat16."""
    width = model.sizes[HEAD_WIDTH]
    keys, values = cache.keys[layer, kv_head], cache.values[layer, kv_head]
    begin = (model.sizes[HEADS] + kv_head) * width
    value_begin = begin + model.sizes[KV_HEADS] * width
    for token in range(len(qkv)):
        position = cache.start + token
        key = _turned(model, room, layer, KEY_NORM, qkv[token], begin, position)
        for at in range(width):
            keys[position, at] = to_16_bits(key[at])
            values[position, at] = to_16_bits(qkv[token, value_begin + at])


@inlined
def _turned(
    model: Model, room: Floats, layer: int, norm: int, row: Floats, begin: int, position: int
) -> Floats:
    """One head of a row, normalised if the model has that norm, and rotated by its position."""
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
def _softmax_in_place(scores: Floats) -> None:
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


def _score_of(width: int) -> Callable[[Floats, Floats, Floats, np.float32], None]:
    """A function for the scores of keys of one width. The compiler knows the width, and unrolls the loop."""

    @inlined
    def score(query: Floats, keys: Floats, scores: Floats, scale: np.float32) -> None:
        """# [width], [keys, width] -> [keys]"""
        for key in range(len(keys)):
            known = keys[key]
            total = np.float32(0.0)
            for at in range(width):
                total += query[at] * known[at]
            scores[key] = total * scale

    return score


def _mix_of(width: int) -> Callable[[Floats, Floats, Floats], None]:
    """A function that adds weighted values of one width, four keys at a time to store sums less often."""

    @inlined
    def mix(shares: Floats, values: Floats, mixed: Floats) -> None:
        """# [keys], [keys, width] -> [width]"""
        whole = len(shares) // 4 * 4
        for key in range(0, whole, 4):
            a, b, c, d = shares[key], shares[key + 1], shares[key + 2], shares[key + 3]
            first, second, third, fourth = values[key], values[key + 1], values[key + 2], values[key + 3]
            for at in range(width):
                mixed[at] += a * first[at] + b * second[at] + c * third[at] + d * fourth[at]
        for key in range(whole, len(shares)):
            known = values[key]
            for at in range(width):
                mixed[at] += shares[key] * known[at]

    return mix


_score_64, _score_128 = _score_of(64), _score_of(128)
_mix_64, _mix_128 = _mix_of(64), _mix_of(128)


@inlined
def _score(query: Floats, keys: Floats, scores: Floats, scale: np.float32) -> None:
    """# [head_width], [keys, head_width] -> [keys]"""
    if len(query) == 64:
        _score_64(query, keys, scores, scale)
    elif len(query) == 128:
        _score_128(query, keys, scores, scale)
    else:
        for key in range(len(keys)):
            total = np.float32(0.0)
            for at in range(len(query)):
                total += query[at] * keys[key, at]
            scores[key] = total * scale


@inlined
def _mix(shares: Floats, values: Floats, mixed: Floats) -> None:
    """Add the weighted values to ``mixed``.  # [keys], [keys, head_width] -> [head_width]"""
    if len(mixed) == 64:
        _mix_64(shares, values, mixed)
    elif len(mixed) == 128:
        _mix_128(shares, values, mixed)
    else:
        for key in range(len(shares)):
            for at in range(len(mixed)):
                mixed[at] += shares[key] * values[key, at]
