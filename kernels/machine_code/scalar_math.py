"""Small functions that compiled loops call: exponentials, activations, rounding to 16 bits, copies."""

import math

import numpy as np
from holesmith.kernels.machine_code.compiler import bits_of, float_of, inlined
from numpy.typing import NDArray

SILU, GELU, GELU_TANH = range(3)

_LOG2_E = np.float32(1.4426950408889634)
_LN2 = np.float32(0.6931471805599453)


@inlined
def exponential(value: np.float32) -> np.float32:
    """``exp`` with a relative error of 1e-7. It calls no library, so that loops over it can be vectorised."""
    value = min(max(value, np.float32(-87.0)), np.float32(88.0))
    power = np.floor(value * _LOG2_E + np.float32(0.5))
    rest = value - power * _LN2
    series = np.float32(1.0 / 5040)
    for denominator in (720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        series = series * rest + np.float32(1.0 / denominator)
    return series * float_of((np.int32(power) + np.int32(127)) << np.int32(23))


@inlined
def to_16_bits(value: np.float32) -> np.float32:
    """The nearest bfloat16, the type of numbers in the prefix cache."""
    bits = bits_of(value)
    rounded = bits + np.int32(0x7FFF) + ((bits >> np.int32(16)) & np.int32(1))
    return float_of(rounded & np.int32(-65536))


@inlined
def activate(value: np.float32, kind: int) -> np.float32:
    if kind == SILU:
        return value / (np.float32(1.0) + exponential(-value))
    if kind == GELU:
        return np.float32(0.5) * value * np.float32(1.0 + math.erf(value * 0.7071067811865476))
    inner = 0.7978845608028654 * (value + 0.044715 * value * value * value)
    return np.float32(0.5) * value * np.float32(1.0 + math.tanh(inner))


@inlined
def copy_values(values: NDArray[np.float32], target: NDArray[np.float32]) -> None:
    """A slice would take seconds more to compile: for the text of an error that can't be."""
    for at in range(len(values)):
        target[at] = values[at]


@inlined
def apply_softcap(values: NDArray[np.float32], cap: float) -> None:
    if cap > 0:
        for at in range(len(values)):
            values[at] = cap * np.float32(math.tanh(values[at] / cap))
