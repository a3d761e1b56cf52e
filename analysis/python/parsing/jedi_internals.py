"""The private parts of jedi and parso that we use, behind functions of ours.

Only this file uses names of jedi and parso that begin with an underscore, changes ``jedi.settings`` or
parso's constants, and replaces functions of the two libraries.

jedi has no public interface to its values, contexts and names, so other files import classes and functions of
jedi's internal modules (``jedi.inference`` and others) where they use them. To hand all of them on from here
would hide which part of jedi a file depends on.

``tests/analysis/python/parsing/test_jedi_internals.py`` lists both, the private names and the imports from
internal modules, and names those that an upgrade has moved.
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
from jedi.api.completion import _complete_getattr
from jedi.inference import star_args
from jedi.inference.compiled.subprocess import functions
from jedi.inference.gradual.annotation import _get_forward_reference_node
from jedi.inference.gradual.base import _GenericInstanceWrapper
from jedi.inference.imports import ModuleCache
from parso.cache import _set_cache_item, parser_cache, try_to_save_module
from parso.file_io import KnownContentFileIO

# What parso keeps of files must be whole: an interruption would leave it without one of them, or many.
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
    """jedi's inference state, which holds all that a script has found out."""
    return script._inference_state


def give_inference_state(script: Any, state: Any) -> None:
    """Have a script infer with the state of another one. The script must not have inferred anything yet."""
    script._inference_state = state


class AskedModules(ModuleCache):
    """jedi's cache of modules; ``asked`` are the names of all modules that anything asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[tuple[str, ...]] = set()

    def get(self, string_names: tuple[str, ...]) -> Any:
        self.asked.add(string_names)
        return super().get(string_names)

    def items(self) -> list[Any]:
        """The sets of values that names of modules stand for."""
        return list(self._name_cache.values())


# Values and filters of names.

GenericInstance = _GenericInstanceWrapper
"""An instance of a generic class whose type arguments are known."""


def wrapped_value(wrapper: Any) -> Any:
    """The value inside a wrapper; what a bound method is of."""
    return wrapper._wrapped_value


def class_without_arguments(generic: Any) -> Any:
    """The class that a ``GenericClass`` gives type arguments to."""
    return generic._class_value


def typed_dict_of(value: Any) -> Any:
    """The class that declares the keys; None if the value is no TypedDict."""
    return getattr(value, "_definition_class", None)


def names_of_proxied(context: Any, instance: Any) -> list[Any]:
    """The names of what an instance stands for, if its ``__getattr__`` hands everything on to one object."""
    return list(_complete_getattr(context, instance))


def forward_reference(context: Any, text: str) -> Any:
    """The tree of an annotation that is written as a string; None if it is no expression."""
    return _get_forward_reference_node(context, text)


def inner_filters(names: Any) -> list[Any]:
    """The filters that a filter of names has its names from; none for one that reads a tree."""
    parts = vars(names)
    return [parts[each] for each in ("_class_filter", "_wrapped_filter") if each in parts]


def scope_of_filter(names: Any) -> Any:
    """The scope whose names a filter gives; None if it reads no tree."""
    return vars(names).get("_parser_scope")


def used_names_of_filter(names: Any) -> Any:
    """The mapping of names that a filter looks at; only for a filter with a scope."""
    return names._used_names


def look_only_at(names: Any, used: Any) -> None:
    """Have a filter look at other names than all those of its file."""
    names._used_names = used
    names._parso_cache_node = None  # what is kept there is by name, for the whole file


# parso's trees and its cache of them.


def set_used_names(module: Any, used: Any) -> None:
    """Tell a tree which names stand in it; None has it look for them when it is asked."""
    module._used_names = used


def cached_tree(grammar: Any, path: Path | None) -> Any:
    """parso's item of a path, with ``node`` and ``lines``; None if there is none."""
    return parser_cache.get(grammar._hashed, {}).get(path)


def cache_tree(grammar: Any, path: Path | None, text: str, tree: Any, lines: Sequence[str]) -> None:
    """Make a tree that of a path, as if parso had parsed the text."""
    try_to_save_module(grammar._hashed, KnownContentFileIO(path, text), tree, lines, pickling=False)


def tokens_of(grammar: Any, lines: Sequence[str], line: int, indents: list[int]) -> list[Any]:
    """The tokens of lines from the middle of a text; the first is number ``line``.

    ``indents`` are the columns of the blocks that are open there, the innermost last; it is changed.
    """
    return list(grammar._tokenize_lines(lines, indents=indents, start_pos=(line, 0), is_first_token=False))


def parser_tables(grammar: Any) -> Any:
    """What parso's ``Parser`` is made of."""
    return grammar._pgen_grammar


# What holds for the whole process.


def configure_libraries(files_max: int) -> None:
    """Have jedi look neither into callers nor for modules that import themselves, and end its circles.

    parso may then keep far more than ``files_max`` files. It would throw some away in the middle of a
    question, and jedi fails on the files it still uses.
    """
    jedi.settings.dynamic_params = False
    jedi.settings.dynamic_params_for_other_modules = False
    jedi.settings.dynamic_array_additions = False
    jedi.settings.auto_import_modules = []
    jedi.settings.fast_parser = False
    parso.cache._CACHED_SIZE_TRIGGER = 100 * files_max
    if not isinstance(star_args.process_params, _Bounded):
        setattr(star_args, "process_params", _Bounded(star_args.process_params))  # noqa: B010 # a function to pyright


@contextmanager
def incremental_parsing() -> Generator[None]:
    """Have jedi change the last tree of a path rather than parse its new text from nothing.

    Not for files: other scripts hold on to their trees.
    """
    jedi.settings.fast_parser = True
    try:
        yield
    finally:
        jedi.settings.fast_parser = False


class _Bounded:
    """An end to jedi's search for what ``*arguments`` and ``**keywords`` of a function are passed on to.

    A function that passes them on to itself, or to one that calls it back, has jedi go round until Python
    stops it; whatever was being inferred is then lost. This is jedi's function, but within itself the
    parameters of a function that it has begun stay as they are.
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
    """What jedi and parso may find and read."""

    def find(
        self,
        string: str,
        sys_path: list[str] | None = None,
        path: list[str] | None = None,
        full_name: str | None = None,
        is_global_search: bool = True,
    ) -> tuple[Any, bool | None]:
        """As jedi's ``get_module_info``: a file, the folders of a namespace package, or None for a compiled
        module; and whether it is a package. Twice None if there is no such module.
        """
        ...

    def names_in(self, paths: Iterable[str]) -> list[str]:
        """Of the modules and packages in folders."""
        ...

    def import_path_of(self, name: str) -> list[str] | None:
        """Where Python may import a compiled module from; None if it must not."""
        ...

    def read(self, path: str) -> bytes:
        """The content of a file; OSError if it must not be read."""
        ...


def find_modules_with(current: Callable[[], ModuleSource]) -> None:
    """Have jedi and parso, in this process from now on, find and read everything with ``current()``.

    Nothing that was parsed is written to disk or read from there: parso would do so with pickle. Lists and
    walks of folders serve refactorings in jedi, and nothing here asks for them. Only once in a process.
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
