"""The private parts of jedi and parso that we use, behind functions of ours.

Only this file uses names of jedi and parso that begin with an underscore, changes ``jedi.settings`` or
parso's constants, and replaces functions of the two libraries.

jedi has no public interface to its values, contexts and names, so other files import classes and functions of
jedi's internal modules (``jedi.inference`` and others) where they use them. If this file re-exported all of
them, nobody would see which part of jedi a file depends on.

``tests/analysis/python/parsing/test_jedi_internals.py`` lists both the private names and the imports from
internal modules, and reports those that an upgrade of jedi or parso has moved.
"""

# ruff: noqa: SLF001  # this file exists to hold all uses of private members
# pyright: reportPrivateUsage=false

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import jedi.file_io
import jedi.inference.compiled.access
import jedi.settings
import parso.cache
import parso.file_io
from holesmith.analysis.deadline import uninterruptible
from holesmith.analysis.python.parsing.star_imports import star_filters
from jedi.api.completion import _complete_getattr
from jedi.inference import star_args
from jedi.inference.compiled.subprocess import functions
from jedi.inference.gradual.annotation import _get_forward_reference_node
from jedi.inference.gradual.base import _GenericInstanceWrapper
from jedi.inference.imports import ModuleCache
from jedi.inference.value.module import ModuleMixin
from parso.cache import _set_cache_item, parser_cache, try_to_save_module
from parso.file_io import KnownContentFileIO

# parso's cache must stay consistent: an interruption here would leave one or many files out of it.
uninterruptible(_set_cache_item)
uninterruptible(try_to_save_module)


# Scripts and inference states.


def tree_of(script: Any) -> Any:
    """parso's tree of a script's text."""
    return script._module_node


def module_context_of(script: Any) -> Any:
    """The context of a script's module."""
    return script._get_module_context()


def module_path_of(script: Any) -> tuple[str, ...]:
    """The dotted name of a script's module, in parts."""
    return script._get_module().string_names


def inference_state_of(script: Any) -> Any:
    """jedi's inference state, which holds everything that a script has inferred."""
    return script._inference_state


def give_inference_state(script: Any, state: Any) -> None:
    """Make a script use the inference state of another one. It must not have inferred anything yet."""
    script._inference_state = state


class AskedModules(ModuleCache):
    """jedi's cache of modules; ``asked`` has the names (in parts) of all modules that jedi has looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[tuple[str, ...]] = set()

    def get(self, string_names: tuple[str, ...]) -> Any:
        self.asked.add(string_names)
        return super().get(string_names)

    def items(self) -> list[Any]:
        """The cached modules; each is a set of jedi's values."""
        return list(self._name_cache.values())


# Values and filters of names.

GenericInstance = _GenericInstanceWrapper
"""An instance of a generic class whose type arguments are known."""


def wrapped_value(wrapper: Any) -> Any:
    """The value inside a wrapper; for a bound method its function."""
    return wrapper._wrapped_value


def class_without_arguments(generic: Any) -> Any:
    """The class that a ``GenericClass`` gives type arguments to."""
    return generic._class_value


def typed_dict_of(value: Any) -> Any:
    """The class that declares the keys of a TypedDict; None if the value is no TypedDict."""
    return getattr(value, "_definition_class", None)


def names_of_proxied(context: Any, instance: Any) -> list[Any]:
    """The names of the object to which an instance's ``__getattr__`` forwards everything, if it does."""
    return list(_complete_getattr(context, instance))


def forward_reference(context: Any, text: str) -> Any:
    """The tree of an annotation that is written as a string; None if it is no expression."""
    return _get_forward_reference_node(context, text)


def inner_filters(names: Any) -> list[Any]:
    """The filters inside a filter of names, from which it takes its names; none for one that reads a tree."""
    parts = vars(names)
    return [parts[each] for each in ("_class_filter", "_wrapped_filter") if each in parts]


def scope_of_filter(names: Any) -> Any:
    """The scope whose names a filter gives; None if the filter reads no tree."""
    return vars(names).get("_parser_scope")


def used_names_of_filter(names: Any) -> Any:
    """The mapping of names that a filter looks at. The filter must have a scope."""
    return names._used_names


def look_only_at(names: Any, used: Any) -> None:
    """Make a filter look at the names in ``used`` instead of all names of its file."""
    names._used_names = used
    names._parso_cache_node = None  # jedi caches there by name, for the whole file


# parso's trees and its cache of them.


def set_used_names(module: Any, used: Any) -> None:
    """Set the mapping of the names in a tree; None makes the tree collect them when it is asked."""
    module._used_names = used


def cached_tree(grammar: Any, path: Path | None) -> Any:
    """parso's cache item of a path, with ``node`` and ``lines``; None if there is none."""
    return parser_cache.get(grammar._hashed, {}).get(path)


def cache_tree(grammar: Any, path: Path | None, text: str, tree: Any, lines: Sequence[str]) -> None:
    """Put a tree into parso's cache for a path, as if parso had parsed the text."""
    try_to_save_module(grammar._hashed, KnownContentFileIO(path, text), tree, lines, pickling=False)


def tokens_of(grammar: Any, lines: Sequence[str], line: int, indents: list[int]) -> list[Any]:
    """The tokens of lines from the middle of a text; the first line is number ``line``.

    ``indents`` are the columns of the blocks that are open there, the innermost last; parso changes the list.
    """
    return list(grammar._tokenize_lines(lines, indents=indents, start_pos=(line, 0), is_first_token=False))


def parser_tables(grammar: Any) -> Any:
    """The tables of a grammar, which parso's ``Parser`` is made from."""
    return grammar._pgen_grammar


# What holds for the whole process.


def configure_libraries(files_max: int) -> None:
    """Set jedi and parso up for the whole process.

    jedi then infers no parameters from callers, imports no module to look into it, ends its endless search
    for the targets of ``*arguments``, and lets a star import bind only the names that its module exports.
    parso may keep far more than ``files_max`` files: otherwise it would drop some in the middle of a
    question, and jedi fails on a dropped file that it still uses.
    """
    jedi.settings.dynamic_params = False
    jedi.settings.dynamic_params_for_other_modules = False
    jedi.settings.dynamic_array_additions = False
    jedi.settings.auto_import_modules = []
    jedi.settings.fast_parser = False
    parso.cache._CACHED_SIZE_TRIGGER = 100 * files_max
    if not isinstance(star_args.process_params, _Bounded):
        setattr(star_args, "process_params", _Bounded(star_args.process_params))  # noqa: B010 # a function to pyright
    _replace(ModuleMixin, iter_star_filters=star_filters)


@contextmanager
def incremental_parsing() -> Generator[None]:
    """Make jedi change the last tree of a path instead of parsing the new text from nothing.

    Only for the texts of questions, not for files: other scripts still use the trees of files.
    """
    jedi.settings.fast_parser = True
    try:
        yield
    finally:
        jedi.settings.fast_parser = False


class _Bounded:
    """jedi's search for the targets of ``*arguments`` and ``**keywords`` of a function, made finite.

    If a function passes them on to itself, or to one that calls it back, the search recurses until Python's
    recursion limit, and everything that was being inferred is lost. This wrapper calls jedi's search, but a
    function whose search has already begun keeps its parameters as they are written.
    """

    def __init__(self, resolve: Callable[..., list[Any]]) -> None:
        self._resolve = resolve
        self._begun: set[Any] = set()

    def __call__(self, param_names: list[Any], star_count: int = 3) -> list[Any]:
        function = _function_of(param_names)
        if function is None:
            return self._resolve(param_names, star_count)
        if function in self._begun:
            return list(param_names)
        self._begun.add(function)
        try:
            return self._resolve(param_names, star_count)
        finally:
            self._begun.discard(function)


def _function_of(param_names: list[Any]) -> Any:
    """The tree of the function that has the parameters; None if it is not known."""
    tree_name = getattr(param_names[0], "tree_name", None) if param_names else None
    return None if tree_name is None else tree_name.search_ancestor("funcdef", "lambdef")


class ModuleSource(Protocol):
    """The modules that jedi and parso may find, and the files that they may read."""

    def find(
        self,
        string: str,
        sys_path: list[str] | None = None,
        path: list[str] | None = None,
        full_name: str | None = None,
        is_global_search: bool = True,
    ) -> tuple[Any, bool | None]:
        """Find a module, with the arguments and the result of jedi's ``get_module_info``.

        Returns a file, the folders of a namespace package, or None for a compiled module; and whether it is a
        package. ``(None, None)`` means that there is no such module.
        """
        ...

    def names_in(self, paths: Iterable[str]) -> list[str]:
        """The names of the modules and packages in folders."""
        ...

    def import_path_of(self, name: str) -> list[str] | None:
        """The folders from which Python may import a compiled module; None if it must not import it."""
        ...

    def read(self, path: str) -> bytes:
        """The content of a file; OSError if it must not be read."""
        ...


def find_modules_with(current: Callable[[], ModuleSource]) -> None:
    """Make jedi and parso, in this process from now on, find and read everything with ``current()``.

    Call this only once in a process. parso's cache on disk is switched off, because parso would write and
    read it with pickle. jedi lists and walks folders only for refactorings, which nothing here asks for, so
    both give nothing.
    """
    load = jedi.inference.compiled.access.load_module

    def load_own(state: Any, dotted_name: str, sys_path: object) -> Any:
        own = current().import_path_of(dotted_name)
        return None if own is None else load(state, dotted_name, own)

    def find(_state: Any, **asked: Any) -> tuple[Any, bool | None]:
        return current().find(**asked)

    def names(_state: Any, paths: Iterable[str]) -> list[str]:
        return current().names_in(paths)

    def read(file: parso.file_io.FileIO) -> bytes:
        return current().read(str(file.path))

    _replace(jedi.inference.compiled.access, load_module=load_own)
    _replace(functions, get_module_info=find, iter_module_names=names)
    _replace(parso.file_io.FileIO, read=read)
    _replace(jedi.file_io.FolderIO, list=_none, walk=_none)
    _replace(
        parso.cache,
        _load_from_file_system=_nothing,
        _save_to_file_system=_nothing,
        _remove_cache_and_update_lock=_nothing,
    )


def _none(_folder: Any) -> tuple[Any, ...]:
    return ()


def _nothing(*_given: Any, **_named: Any) -> None:
    return None


def _replace(owner: Any, **functions_by_name: Any) -> None:
    for name, function in functions_by_name.items():
        assert hasattr(owner, name), f"another release of the library, without {name}"
        setattr(owner, name, function)
