"""The tables of a model for the machine code of a step: only numbers and arrays, no objects.

`engine.model.cpu_step` fills the tables; `step_attention` and `decode_step` read them.
"""

from typing import NamedTuple

from holesmith.kernels.machine_code.low_bit import Bytes, Floats, Integers, Record

LAYERS, HIDDEN, HEADS, KV_HEADS, HEAD_WIDTH, INNER, IS_GATED, ACTIVATION, IS_LAYER_NORM, SIZES = range(10)
"""Indices into ``sizes``."""

EPSILON, ATTENTION_SCALE, ATTENTION_SOFTCAP, RESIDUAL_SCALE, LOGIT_SCALE, LOGIT_SOFTCAP, NUMBERS = range(7)
"""Indices into ``numbers``. A softcap of 0 means no softcap."""

QKV, OUTPUT, FEED_FORWARD, DOWN, MATRICES = range(5)
"""The matrices of one layer in the order of the table. The last matrix of the table is the head."""

(
    ATTENTION_NORM,
    QUERY_NORM,
    KEY_NORM,
    POST_ATTENTION_NORM,
    FEED_FORWARD_NORM,
    POST_FEED_FORWARD_NORM,
    NORMS,
) = range(7)
"""The norms of one layer. The first norm of the row behind the last layer is the norm before the head."""


class Model(NamedTuple):
    """The constants of a model, the same in every step."""

    sizes: Record  # [SIZES]
    numbers: Floats  # [NUMBERS]
    matrices: Record  # [layers * MATRICES + 1, low_bit.RECORD_FIELDS]
    norms: Record  # [layers + 1, NORMS, 2]: where scale and shift begin in ``vectors``, -1 for none
    vectors: Floats  # scales, shifts and biases of the whole model, one after another
    windows: Record  # [layers]: how many tokens back a layer looks, 0 for all
    rope_of: Record  # [layers]: which of the ropes
    cosines: Floats  # [ropes, positions, head_width]
    sines: Floats  # [ropes, positions, head_width], with the sign of `engine.rope`
    swaps: Record  # [ropes, head_width]: the partner of each component


class Cache(NamedTuple):
    """The keys and values of the tokens before position ``start``, with space for the new tokens."""

    keys: Floats  # [layers, kv_heads, capacity, head_width]
    values: Floats  # [layers, kv_heads, capacity, head_width]
    start: int


class Shared(NamedTuple):
    """Buffers that all workers share. Rows are tokens; widths are padded as `low_bit` pads them."""

    qkv: Floats
    mixed: Floats  # [tokens, heads * head_width]
    inner: Floats
    inner_codes: Bytes
    inner_scales: Floats
    inner_sums: Integers
    outputs: Floats  # [2 * layers, tokens, hidden]: of attention, then of the rest of the layer


class Scratch(NamedTuple):
    """Buffers of each worker. The first dimension of every array is the worker."""

    hidden: Floats  # [tokens * hidden]
    normed: Floats  # [tokens * hidden]
    room: Floats  # [2, head_width]
    queries: Floats  # [tokens * heads of a group, head_width]
    scores: Floats  # [tokens * heads of a group, positions]
    codes: Bytes  # [tokens * widest matrix]
    scales: Floats  # [tokens * widest / GROUP]
    sums: Integers  # [tokens * widest / HALF_GROUP]
