"""How Python loops become machine code: numba, without the interpreter's lock, kept between runs.

Compiling takes seconds, so compiled code is kept beside the module or, where that can't be written, in the
user's cache directory; numba itself notices another processor or another source. A user without a home has
no such directory: numba would take one named ``~`` in the current folder.

Invariant: nothing of the folder we run in is read. numba takes settings from a file ``.numba_config.yaml`` in
the current directory, which may be an untrusted workspace, and one of them says from where it unpickles kept
code. So it is imported here and nowhere else, without a parser of such files, and forgets the file's name.
"""

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

_parser = sys.modules.get("yaml")
sys.modules["yaml"] = None  # pyright: ignore[reportArgumentType]  # how Python spells that there is none
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba regrets that it can't read the file
        from llvmlite import ir
        from numba import njit
        from numba.core import cgutils, config, types
        from numba.extending import intrinsic
finally:
    if _parser is None:
        del sys.modules["yaml"]
    else:
        sys.modules["yaml"] = _parser

config._config_fname = ""  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]  # noqa: SLF001  # read again before every compilation

__all__ = ["cgutils", "intrinsic", "ir", "types"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Sums may be reordered and fused, so that loops use the whole width of the processor. Values that are not
# numbers stay what they are: damaged weights are recognised by them.
_LOOSE = {"reassoc", "contract", "arcp", "nsz"}


def has_place_of_its_own() -> bool:
    """Whether the place where numba keeps code is the same in every folder: what it finds there it runs."""
    home = os.path.expanduser("~")  # noqa: PTH111  # as numba does; Path.home raises
    folders = (home, os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"))
    return all(Path(folder).is_absolute() for folder in folders if folder)


def compiled(function: _Function) -> _Function:
    """The function as machine code that runs without the interpreter's lock and does not check bounds."""
    if not has_place_of_its_own():
        return _jit(function, False)
    try:
        return _jit(function, True)
    except RuntimeError:  # no place to keep it can be written: compile at every start
        return _jit(function, False)


def inlined(function: _Function) -> _Function:
    """As `compiled`, for a piece of another compiled function."""
    return _jit(function, False)


def _jit(function: _Function, is_kept: bool) -> _Function:
    return cast("_Function", njit(nogil=True, cache=is_kept, fastmath=_LOOSE, error_model="numpy")(function))


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
