"""The compiled functions that the engine calls, and the types that it calls each with.

One set of types serves every model: a model's sizes are numbers in tables. The functions come in two stages:
what is needed first takes a fifth of the time to compile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from holesmith.kernels import kept_code
from holesmith.kernels.machine_code import step_tables
from holesmith.kernels.machine_code.compiler import typeof
from holesmith.kernels.machine_code.decode_step import run_step
from holesmith.kernels.machine_code.low_bit import multiply_together, quantise_together


@dataclass(frozen=True, slots=True)
class Unit:
    """A compiled function, for arguments of certain types."""

    function: Callable[..., Any]
    signature: tuple[Any, ...]

    def load(self) -> bool:
        """Make kept code what a call runs; False if none is kept."""
        return kept_code.load_kept(self.function, self.signature)

    def compile(self) -> None:
        """Compile and keep; where code is kept already, only load it."""
        kept_code.compile_for(self.function, self.signature)

    def keep_in(self, folder: Path) -> None:
        """Keep the code in ``folder`` from now on, and look for it there."""
        kept_code.keep_in(folder, self.function)


def _product_units() -> tuple[Unit, ...]:
    """Return the units that the product with one matrix needs: enough for prompts."""
    floats, taken = _floats(1, 1), np.zeros(1, np.int64)
    inputs = np.zeros((1, 1), np.int8), floats, np.zeros((1, 1), np.int32)
    vectors = _floats(1), _floats(1)
    record = np.zeros(1, np.int64)
    return (
        Unit(quantise_together, _types(floats, *inputs, taken, 0, 1)),
        Unit(multiply_together, _types(record, *inputs, *vectors, floats, taken, 0, 1)),
    )


def _step_units() -> tuple[Unit, ...]:
    """A forward pass for a few tokens in one call: for decoding."""
    numbers, table = np.zeros(1, np.int64), np.zeros((1, 1), np.int64)
    codes, sums = np.zeros((1, 1), np.int8), np.zeros((1, 1), np.int32)
    model = step_tables.Model(
        sizes=numbers,
        numbers=_floats(1),
        matrices=table,
        norms=np.zeros((1, 1, 1), np.int64),
        vectors=_floats(1),
        windows=numbers,
        rope_of=numbers,
        cosines=_floats(1, 1, 1),
        sines=_floats(1, 1, 1),
        swaps=table,
    )
    cache = step_tables.Cache(_floats(1, 1, 1, 1), _floats(1, 1, 1, 1), 0)
    rows = _floats(1, 1)
    shared = step_tables.Shared(rows, rows, rows, codes, rows, sums, _floats(1, 1, 1))
    room = _floats(1, 1, 1)
    scratch = step_tables.Scratch(rows, rows, room, room, room, codes, rows, sums)
    arguments = model, cache, rows, rows, shared, scratch, table, 0, 1
    return (Unit(run_step, _types(*arguments)),)


def _floats(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.zeros(shape, np.float32)


def _types(*arguments: object) -> tuple[Any, ...]:
    return tuple(typeof(argument) for argument in arguments)


STAGES = _product_units(), _step_units()
"""First what prompts need, then what decoding needs besides."""

PRODUCTS, STEP = range(1, len(STAGES) + 1)
"""How many stages must be there for products of matrices, and for whole passes of a few tokens."""

FUNCTIONS = 61
"""So many are compiled for all stages, those that they call included; only progress is told by it."""
