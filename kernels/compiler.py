"""How Python loops become machine code: numba, without the interpreter's lock, kept between runs.

Compiling takes seconds, so compiled code is kept beside the module or, where that is no folder of the user's
alone, in the user's cache directory; numba itself notices another processor or another source.

Invariants: nothing of the folder we run in is read. numba takes settings from ``.numba_config.yaml`` in the
current directory, which may be an untrusted workspace. So it is imported here and nowhere else, without a
parser of such files, and forgets the file's name. And kept code is a pickle, which runs code when it is read:
only files that nobody but the user may write to are read, and no variable of numba's says where they lie.
"""

import contextlib
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Generator
from io import BufferedWriter
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
from holesmith.system.private_files import (
    NoPrivateFolderError,
    cache_folder,
    is_own_file,
    is_own_folder,
    make_folder_of_cache,
    open_private,
)

_parser = sys.modules.get("yaml")
sys.modules["yaml"] = None  # pyright: ignore[reportArgumentType]  # how Python spells that there is none
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba regrets that it can't read the file
        from llvmlite import ir
        from numba import njit
        from numba.core import caching, cgutils, config, types
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


def compiled(function: _Function) -> _Function:
    """The function as machine code that runs without the interpreter's lock and does not check bounds."""
    machine_code = cast("Any", inlined(function))
    # From a variable that would have other places looked at.
    config.CACHE_LOCATOR_CLASSES = ""  # pyright: ignore[reportAttributeAccessIssue]  # numba makes it at run time
    with contextlib.suppress(RuntimeError):  # no place to keep it: compile at every start
        machine_code._cache = _KeptCode(function)  # noqa: SLF001  # as its enable_caching does
    return cast("_Function", machine_code)


def inlined(function: _Function) -> _Function:
    """As `compiled`, for a piece of another compiled function, or code that is not kept."""
    return cast("_Function", njit(nogil=True, fastmath=_LOOSE, error_model="numpy")(function))


class _BesideTheModule(caching.InTreeCacheLocator):
    """Whoever may write there can change the module's own bytecode, too."""

    def ensure_cache_path(self) -> None:
        folder = Path(self.get_cache_path())
        folder.mkdir(0o755, exist_ok=True)
        if not (is_own_folder(folder) and os.access(folder, os.W_OK)):
            raise PermissionError


class _InTheCache(caching.InTreeCacheLocator):
    def __init__(self, function: object, file: str) -> None:
        super().__init__(function, file)
        try:
            cache = cache_folder()
        except NoPrivateFolderError:
            cache = None
        self._folder = None if cache is None or _is_in_workspace(cache) else cache / "kernels"

    def get_cache_path(self) -> str:
        if self._folder is None:
            raise FileNotFoundError
        # Several installations may use one cache.
        return str(self._folder / self.get_suitable_cache_subpath(self._py_file))

    def ensure_cache_path(self) -> None:
        folder = Path(self.get_cache_path())
        make_folder_of_cache(folder.parent)
        folder.mkdir(0o700, exist_ok=True)
        if not is_own_folder(folder):
            raise PermissionError


def _is_in_workspace(folder: Path) -> bool:
    """Whether a folder may have come with the current folder's files, which need not be the user's work."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home raises where there is none
    try:
        here, place = Path.cwd().resolve(), folder.resolve()
        is_home_there = home.is_absolute() and home.resolve().is_relative_to(here)
    except (OSError, RuntimeError):  # the current folder is deleted, or links lead round in a circle
        return True
    return place.is_relative_to(here) and not is_home_there


class _KeptFunction(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar = [_BesideTheModule, _InTheCache]


class _KeptFiles(caching.IndexDataCacheFile):
    """Takes a file that is damaged, or that another user may have written, for none."""

    def _load_index(self) -> dict[object, str]:
        if not is_own_file(Path(self._index_path)):
            return {}
        try:
            return super()._load_index()
        except (EOFError, pickle.UnpicklingError):
            return {}

    def _load_data(self, name: str) -> object:
        """Raises OSError where there is none, as numba expects it."""
        if not is_own_file(Path(self._data_path(name))):
            raise PermissionError
        try:
            return super()._load_data(name)
        except (EOFError, pickle.UnpicklingError) as error:
            raise FileNotFoundError from error

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Generator[BufferedWriter]:
        partial = f"{filepath}.{os.getpid()}.tmp"
        try:
            with open(partial, "wb", opener=open_private) as file:  # pathlib takes no opener
                yield file
            os.replace(partial, filepath)  # noqa: PTH105
        finally:
            with contextlib.suppress(OSError):
                os.unlink(partial)  # noqa: PTH108


class _KeptCode(caching.FunctionCache):
    """What can't be read or kept is compiled."""

    _impl_class = _KeptFunction

    def __init__(self, function: object) -> None:
        super().__init__(function)
        locator = self._impl.locator
        self._cache_file = _KeptFiles(self._cache_path, self._impl.filename_base, locator.get_source_stamp())

    def load_overload(self, sig: object, target_context: object) -> object:
        with contextlib.suppress(OSError):
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: object, data: object) -> None:
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


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
