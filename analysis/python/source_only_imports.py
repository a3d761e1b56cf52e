"""How jedi finds and reads modules in the worker: by looking into folders, and in no other way.

jedi by itself asks every finder on ``sys.meta_path``, with the project's folders on ``sys.path``. Finders
are programs: that of setuptools imports ``setuptools`` when it is asked for ``distutils``, and would take
it from the workspace. Python's own finder also prefers an extension module to the source beside it; jedi
then refuses to load the extension, and the module would be lost. So jedi is given functions of ours: they
find sources, and extension modules only in the interpreter's own standard library. What is read goes
through ``SourceAccess``, also where jedi opens files by itself.
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

FINDERS_MAX = 5_000
_NOT_FOUND = (None, None)


def forget_other_finders() -> None:
    """For the worker process, once, after its own imports: leave Python no finder that runs code of its own.

    What is imported later are parts of packages that are there already, and the standard library.
    """
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]


@dataclass(slots=True)
class _Current:
    """jedi's functions belong to the process, and know nothing of projects."""

    modules: "Modules | None" = None

    def value(self) -> "Modules":
        assert self.modules is not None, "a project begins each question with its own modules"
        return self.modules


_current = _Current()


def find_in(modules: "Modules") -> None:
    """Have jedi, in this process from now on, find and read modules as ``modules`` says."""
    if _current.modules is None:
        find_modules_with(_current.value)
    _current.modules = modules


class Modules:
    """What jedi's own functions of these names give, from folders and files only."""

    def __init__(self, access: SourceAccess, standard_library: Iterable[str]) -> None:
        """Extension modules count in the folders ``standard_library`` only, and Python imports no others."""
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
        """A file with its content, the folders of a namespace package, or None for a compiled module; and
        whether it is a package. Twice None if there is no such module.
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
            return _NOT_FOUND  # not the next of that name: Python would take this one

    def read(self, path: str) -> bytes:
        """The content of a file; OSError if it is out of bounds."""
        return self.access.read(path)

    def import_path_of(self, name: str) -> list[str] | None:
        """Where Python may import a compiled module of its own from; None if it is none of those."""
        is_own = name in sys.builtin_module_names or self._is_extension(name)
        return list(self._own) if is_own else None

    def _is_extension(self, name: str) -> bool:
        specs = (self._spec(entry, name) for entry in self._own if "." not in name)
        first = next((spec for spec in specs if spec is not None and spec.loader is not None), None)
        return first is not None and isinstance(first.loader, ExtensionFileLoader)

    def names_in(self, paths: Iterable[str]) -> list[str]:
        """Of the modules and packages in folders."""
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
