"""How Python loops become machine code: numba, without the interpreter's lock, and instructions it lacks.

Invariant: nothing of the folder we run in is read. numba takes settings from ``.numba_config.yaml`` in the
current directory, which may be an untrusted workspace. So it is imported here and nowhere else, without a
parser of such files, and forgets the file's name. `kept_code` keeps compiled code between runs.
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

_parser = sys.modules.get("yaml")
sys.modules["yaml"] = None  # pyright: ignore[reportArgumentType]  # how Python spells that there is none
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba regrets that it can't read the file
        from llvmlite import ir
        from numba import __version__ as numba_version
        from numba import njit, typeof
        from numba.core import caching, cgutils, config, event, types
        from numba.extending import intrinsic
finally:
    if _parser is None:
        del sys.modules["yaml"]
    else:
        sys.modules["yaml"] = _parser

config._config_fname = ""  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]  # noqa: SLF001  # read again before every compilation

__all__ = ["caching", "cgutils", "config", "event", "intrinsic", "ir", "numba_version", "typeof", "types"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Sums may be reordered and fused, so that loops use the whole width of the processor. Values that are not
# numbers stay what they are: damaged weights are recognised by them.
_LOOSE = {"reassoc", "contract", "arcp", "nsz"}


def _machine_code(function: Callable[..., Any], *, no_cpython_wrapper: bool) -> object:
    return cast("Any", njit)(
        nogil=True,
        fastmath=_LOOSE,
        error_model="numpy",
        no_cfunc_wrapper=True,
        no_cpython_wrapper=no_cpython_wrapper,
    )(function)


def callable_from_python(function: _Function) -> _Function:
    """The function as machine code that runs without the interpreter's lock and does not check bounds."""
    return cast("_Function", _machine_code(function, no_cpython_wrapper=False))


def inlined(function: _Function) -> _Function:
    """As `callable_from_python`, for a piece of another compiled function, which alone may call it.

    What would let Python call the piece takes a sixth of the time to compile.
    """
    return cast("_Function", _machine_code(function, no_cpython_wrapper=True))


def _intrinsic(generate: Callable[..., Any]) -> Any:
    return intrinsic(generate)


@_intrinsic
def _float_of(_context: Any, bits: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@_intrinsic
def _bits_of(_context: Any, value: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@_intrinsic
def _add_and_get(_context: Any, address: Any, value: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(64)))
        return builder.add(builder.atomic_rmw("add", place, arguments[1], "seq_cst"), arguments[1])

    return types.int64(types.int64, types.int64), generate


@_intrinsic
def _read_shared(_context: Any, address: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(64)))
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.int64), generate


@_intrinsic
def _give_way(_context: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        function = builder.module.globals.get("sched_yield") or ir.Function(
            builder.module, kind, "sched_yield"
        )
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate


float_of = cast("Callable[[np.int32], np.float32]", _float_of)
"""The float32 whose bits an int32 has."""

bits_of = cast("Callable[[np.float32], np.int32]", _bits_of)
"""The bits of a float32 as an int32."""

add_and_get = cast("Callable[[int, int], int]", _add_and_get)
"""Add to the int64 at an address, as one indivisible step that all threads see; gives the new value."""

read_shared = cast("Callable[[int], int]", _read_shared)
"""The int64 at an address, which another thread may change; what it wrote before is seen afterwards."""

give_way = cast("Callable[[], None]", _give_way)
"""Let another thread of the machine run."""
