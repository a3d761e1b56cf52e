"""Compiled code that is kept between runs: in the user's cache, named after all that it was made of.

Compiling takes half a minute. So the code lies in a folder whose name is a digest of the sources in
`machine_code`, of the versions of the compilers and of Python, and of the processor: an update that leaves
these as they are, a second environment or another copy of the package finds it there. Where there is no
cache, the code is beside the sources, like Python's own compiled modules.

Invariant: kept code is a pickle, which runs code when it is read. Only files that nobody but the user may
write to are read, and no variable of numba's says where they lie.
"""

import contextlib
import hashlib
import os
import pickle
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable, Generator
from functools import cache
from io import BufferedWriter
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import llvmlite
import llvmlite.binding as llvm
from holesmith.kernels.kept_files import BESIDE_SOURCES, CACHE_NAME
from holesmith.kernels.machine_code.compiler import caching, callable_from_python, config, numba_version
from holesmith.system.private_files import (
    cache_folder,
    is_own_file,
    is_own_folder,
    open_private,
    private_cache_folder,
)

FOLDERS_MAX = 6
"""So many folders of kept code stay, the latest used ones: for other environments and other processors."""

UNUSED_DAYS_MAX = 60
"""A folder that was not used for so long is removed."""

_DIGITS = 32
_FOLDER_NAME = re.compile(rf"[0-9a-f]{{{_DIGITS}}}|\w+_[0-9a-f]{{40}}")  # the second is of earlier versions
_PACKAGE = Path(__file__).parent
_SOURCES = _PACKAGE / "machine_code"
_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function as machine code, which is kept. A first call compiles it, or `compile_for`.

    The machine code runs without the interpreter's lock and does not check bounds.
    """
    machine_code = cast("Any", callable_from_python(function))
    folder = usual_folder()
    if folder is not None:
        machine_code._cache = _KeptCode(function, folder)  # noqa: SLF001  # as its enable_caching does
    return cast("_Function", machine_code)


def keep_in(folder: Path, function: Callable[..., Any]) -> None:
    """Keep the code of a compiled function in ``folder`` from now on, and look for it there."""
    machine_code = cast("Any", function)
    machine_code._cache = _KeptCode(machine_code.py_func, folder)  # noqa: SLF001


def load_kept(function: Callable[..., Any], signature: tuple[Any, ...]) -> bool:
    """Make the kept code for arguments of these types what a call runs; False if none is kept."""
    machine_code = cast("Any", function)
    if signature in machine_code.overloads:
        return True
    with contextlib.suppress(Exception):  # whatever reading a damaged file raises: it is compiled anew
        found = machine_code._cache.load_overload(signature, machine_code.targetctx)  # noqa: SLF001
        if found is not None:
            # As numba's own Dispatcher.compile does.
            machine_code.targetctx.insert_user_function(found.entry_point, found.fndesc, [found.library])
            machine_code.add_overload(found)
    return signature in machine_code.overloads


def compile_for(function: Callable[..., Any], signature: tuple[Any, ...]) -> None:
    """Compile for arguments of these types and keep the code; where it is kept already, only load it."""
    cast("Any", function).compile(signature)


@cache
def usual_folder() -> Path | None:
    """The folder where code is kept, made if need be; None where there can be none."""
    for find in (_folder_in_cache, _folder_beside_sources):
        with contextlib.suppress(OSError):
            folder = find()
            if is_own_folder(folder):
                with contextlib.suppress(OSError):  # a read-only one is as good for reading
                    os.utime(folder)
                return folder
    return None


def remove_old_code(folder: Path) -> None:
    """Remove the folders beside ``folder`` that were not used for long, and what is more than a few."""
    others: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        others = [(other.lstat().st_mtime, other) for other in folder.parent.iterdir() if other != folder]
    oldest = time.time() - UNUSED_DAYS_MAX * 86_400
    for place, (used, other) in enumerate(sorted(others, reverse=True)):
        is_ours = _FOLDER_NAME.fullmatch(other.name) and is_own_folder(other)
        if is_ours and (used < oldest or place >= FOLDERS_MAX - 1):
            shutil.rmtree(other, ignore_errors=True)


@cache
def digest() -> str:
    """Return the name of the folder: a hash of the code's sources, its tools and the processor."""
    hasher = hashlib.sha256()
    for path in sorted(_SOURCES.glob("*.py")):
        hasher.update(f"{path.name}\0{_digest_of(path)}\0".encode())
    for fact in (
        *(numba_version, llvmlite.__version__, sys.version, sys.platform, platform.machine()),
        *(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()),
    ):
        hasher.update(f"{fact}\0".encode())
    return hasher.hexdigest()[:_DIGITS]


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder_in_cache() -> Path:
    """Raises OSError if there can be none."""
    folder = cache_folder() / CACHE_NAME / digest()
    if _is_in_workspace(cache_folder()):
        raise FileNotFoundError
    if folder.exists() and not is_own_folder(folder):
        shutil.rmtree(folder)  # others may have written there
    return private_cache_folder(CACHE_NAME, digest())


def _folder_beside_sources() -> Path:
    """Whoever may write there can change Python's own compiled modules, too. Raises OSError as above."""
    folder = _PACKAGE / BESIDE_SOURCES
    for name in ("", CACHE_NAME, digest()):
        folder = folder / name
        folder.mkdir(0o755, exist_ok=True)
        if not is_own_folder(folder):
            raise PermissionError
    return folder


def _is_in_workspace(folder: Path) -> bool:
    """True if a folder may have come with the current folder's files, which need not be the user's work."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home raises where there is none
    try:
        here, place = Path.cwd().resolve(), folder.resolve()
        is_home_there = home.is_absolute() and home.resolve().is_relative_to(here)
    except (OSError, RuntimeError):  # the current folder is deleted, or links lead round in a circle
        return True
    return place.is_relative_to(here) and not is_home_there


class _Place:
    """The locator that numba asks about a function's source. The folder is `_KeptCode`'s own."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file = file
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Any, file: str) -> "_Place":
        return cls(function, file)

    def get_source_stamp(self) -> str:
        return _digest_of(Path(self._py_file))

    def get_disambiguator(self) -> str:
        return str(self._line)

    def ensure_cache_path(self) -> None:
        pass


class _KeptFunction(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar = [_Place]


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
    """The cache of one function. Code that can't be read or kept is compiled."""

    _impl_class = _KeptFunction

    def __init__(self, function: Any, folder: Path) -> None:
        config.CACHE_LOCATOR_CLASSES = ""  # pyright: ignore[reportAttributeAccessIssue]  # else a variable names other places
        self._name = repr(function)
        self._py_func = function
        self._impl = _KeptFunction(function)
        self._folder = folder
        self._cache_path = str(folder)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _KeptFiles(self._cache_path, self._impl.filename_base, stamp)
        self.enable()

    def load_overload(self, sig: object, target_context: object) -> object:
        if not is_own_folder(self._folder):
            return None
        with contextlib.suppress(OSError):
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: object, data: object) -> None:
        if is_own_folder(self._folder):
            with contextlib.suppress(OSError):
                super().save_overload(sig, data)
