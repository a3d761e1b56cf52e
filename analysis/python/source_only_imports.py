"""Make jedi find and read modules in the worker only by looking into folders.

By itself, jedi asks every finder on ``sys.meta_path``, with the project's folders on ``sys.path``. Finders
are programs: the finder of setuptools imports ``setuptools`` when it is asked for ``distutils``, and would
import it from the workspace. Python's own finder also prefers an extension module to the source beside it.
jedi then refuses to load the extension, and the module would be missing.

Therefore jedi's functions are replaced by functions that find sources, and extension modules only in the
interpreter's own standard library. All files are read through ``SourceAccess``, also those that jedi opens by
itself.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from inspect import getmodulename
from os import scandir
from typing import Any

from holesmith.analysis.files.source_access import SourceAccess
from holesmith.analysis.python.parsing.jedi_internals import find_modules_with
from jedi.file_io import KnownContentFileIO
from jedi.inference.compiled.subprocess.functions import ImplicitNSInfo

# Folders whose finders, each with a list of the folder's files, are kept in memory.
FINDERS_MAX = 5_000
_NOT_FOUND = (None, None)


def forget_other_finders() -> None:
    """Remove all finders of Python that may run other code. Called once, after the worker's own imports.

    Only the standard library and more modules of packages that are already imported are imported later.
    """
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]


@dataclass(slots=True)
class _Current:
    """The modules of the project that is asked about. jedi's functions are set for the whole process."""

    modules: "Modules | None" = None

    def value(self) -> "Modules":
        assert self.modules is not None, "a project begins each question with its own modules"
        return self.modules


_current = _Current()


def find_in(modules: "Modules") -> None:
    """Make jedi, in this process from now on, find and read modules with ``modules``."""
    if _current.modules is None:
        find_modules_with(_current.value)
    _current.modules = modules


class Modules:
    """The ``ModuleSource`` of a project, which looks only into folders and files."""

    def __init__(self, access: SourceAccess, standard_library: Iterable[str]) -> None:
        """Extension modules are found only in the folders ``standard_library``; Python imports no others."""
        self.access = access
        self._own = tuple(standard_library)
        self._finder_of = lru_cache(FINDERS_MAX)(self._new_finder)

    def find(
        self,
        string: str,
        sys_path: list[str] | None = None,
        path: list[str] | None = None,
        full_name: str | None = None,
        is_global_search: bool = True,
    ) -> tuple[Any, bool | None]:
        """Find a module, with the arguments and the result of jedi's ``get_module_info``.

        Returns a file with its content, the folders of a namespace package, or None for a compiled module;
        and whether it is a package. ``(None, None)`` means that there is no such module.
        """
        if is_global_search and string in sys.builtin_module_names:
            return None, False
        folders: list[str] = []
        for entry in (sys_path if path is None else path) or ():
            spec = self._spec(entry, string)
            if spec is not None and spec.loader is not None:
                return self._content(spec)
            if spec is not None:
                found = spec.submodule_search_locations or ()
                folders.extend(each for each in found if self.access.real_path(each) is not None)
        return (ImplicitNSInfo(full_name if path else string, folders), True) if folders else _NOT_FOUND

    def _content(self, spec: ModuleSpec) -> tuple[Any, bool | None]:
        is_package = spec.submodule_search_locations is not None
        if isinstance(spec.loader, ExtensionFileLoader):
            return None, is_package
        assert spec.origin is not None, "a finder of sources says where they are"
        try:
            return KnownContentFileIO(spec.origin, self.access.read(spec.origin)), is_package
        except OSError:
            return _NOT_FOUND  # no search for another of that name, because Python would take this one

    def read(self, path: str) -> bytes:
        """Return the content of a file; OSError if it must not be read."""
        return self.access.read(path)

    def import_path_of(self, name: str) -> list[str] | None:
        """The folders from which Python may import one of its own compiled modules; None for any other."""
        is_own = name in sys.builtin_module_names or self._is_extension(name)
        return list(self._own) if is_own else None

    def _is_extension(self, name: str) -> bool:
        specs = (self._spec(entry, name) for entry in self._own if "." not in name)
        first = next((spec for spec in specs if spec is not None and spec.loader is not None), None)
        return first is not None and isinstance(first.loader, ExtensionFileLoader)

    def names_in(self, paths: Iterable[str]) -> list[str]:
        """The names of the modules and packages in folders."""
        return [name for path in paths for name in self._names_of_modules(path)]

    def _names_of_modules(self, path: str) -> Iterator[str]:
        if self.access.real_path(path) is None:
            return
        try:
            with scandir(path) as found:
                entries = [(entry.name, entry.is_dir()) for entry in found]
        except OSError:
            return
        for name, is_folder in entries:
            module = name if is_folder else _module_of(name)
            if module and module.isidentifier() and module not in ("__pycache__", "__init__"):
                yield module

    def _spec(self, entry: str, name: str) -> ModuleSpec | None:
        return self._finder_of(entry).find_spec(name) if entry else None

    def _new_finder(self, entry: str) -> FileFinder:
        sources = (SourceFileLoader, SOURCE_SUFFIXES)
        extensions = (ExtensionFileLoader, EXTENSION_SUFFIXES)
        return FileFinder(entry, *((extensions, sources) if entry in self._own else (sources,)))


def _module_of(file: str) -> str | None:
    return file.removesuffix(".pyi") if file.endswith(".pyi") else getmodulename(file)
