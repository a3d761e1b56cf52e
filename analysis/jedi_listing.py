"""The names of a value's members, as jedi has them, at a small part of its cost.

jedi looks for the members of a class among all names of the class's file, once for each class that it
inherits from, and does so anew for each value. Here only the names within the class are looked at, and what
was listed for a class or module of another file is kept with the inference state.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from holesmith.analysis.answers import Member
from holesmith.analysis.jedi_states import kept_with
from holesmith.analysis.jedi_symbols import kind_of
from jedi.api.completion import _complete_getattr  # pyright: ignore[reportPrivateUsage]
from jedi.inference.base_value import LazyValueWrapper, ValueSet, ValueWrapper
from jedi.inference.compiled import ExactValue
from jedi.inference.gradual.base import GenericClass, _GenericInstanceWrapper  # pyright: ignore[reportPrivateUsage]
from jedi.inference.gradual.conversion import convert_values
from jedi.inference.gradual.stub_value import StubModuleValue
from jedi.inference.value import ClassValue, ModuleValue, TreeInstance
from jedi.inference.value.iterable import Sequence
from parso.python.tree import UsedNamesMapping

MEMBERS_MAX = 5_000
_ALIKE = (TreeInstance, _GenericInstanceWrapper, ExactValue, Sequence, ClassValue, GenericClass)
"""Values that have the members of their class, whatever else they are."""
_HOOKS = ("__getattr__", "__getattribute__")
_KEPT = "members listed by holesmith"
_WITHIN = "names within a class by holesmith"


def names_of(context: Any, value: Any) -> list[Any]:
    """jedi's names of all members of a value, those of metaclasses too; a name may come several times.

    What jedi thinks of the conditions around a member takes none away: the code may be for another system,
    and for a newer Python.
    """
    state = context.inference_state
    state.flow_analysis_enabled = False
    try:
        return list(_names(context, value))[:MEMBERS_MAX]
    finally:
        state.flow_analysis_enabled = True


def _names(context: Any, value: Any) -> Iterator[Any]:
    for each in (value, *(c for c in convert_values(ValueSet((value,))) if c is not value)):
        for names in each.get_filters(origin_scope=context.tree_node):
            _narrow(names)
            yield from names.values()
        if each is value and not value.is_stub() and isinstance(value, TreeInstance):
            yield from _complete_getattr(context, value)
    yield from _metaclass_names(value)


def members_listed(context: Any, value: Any) -> list[Member]:
    """The names of all members of a value and their kinds, each name once."""
    key = _key(context, value)
    if key is None:
        return _plain(names_of(context, value))
    kept: dict[Any, list[Member]] = kept_with(context.inference_state, _KEPT)
    if key not in kept:
        kept[key] = _plain(names_of(context, value))
    return kept[key]


def owners(value: Any) -> list[Any]:
    """The module, or the classes that a value has its members from."""
    if value.is_module() or not hasattr(value, "py__class__"):
        return [value]
    cls = value if value.is_class() else value.py__class__()
    return list(cls.py__mro__()) if cls.is_class() else []


def _plain(names: Iterable[Any]) -> list[Member]:
    members: dict[str, Member] = {}
    for name in names:
        if name.string_name not in members:
            members[name.string_name] = Member(name.string_name, kind_of(name))
    return list(members.values())


def _metaclass_names(value: Any) -> Iterator[Any]:
    """A class has the members of its metaclass too."""
    for metaclass in (
        value.get_metaclasses() if value.is_class() and hasattr(value, "get_metaclasses") else ()
    ):
        for names in metaclass.get_filters():
            _narrow(names)
            yield from names.values()


def _key(context: Any, value: Any) -> Any:
    """What values have in common that have the same members; None if it cannot be told, or the document has a
    part in it: its classes change from text to text, and what computes attributes does so for each value.
    """
    document = context.get_root_context().tree_node
    origins = owners(value)
    if not origins or any(each.get_root_context().tree_node is document for each in origins):
        return None
    if type(value) in (ModuleValue, StubModuleValue):
        return value
    kinds, plain = _unwrapped(value)
    if not all(issubclass(kind, _ALIKE) for kind in kinds):
        return None
    if plain.is_instance():
        hooks = (name for hook in _HOOKS for name in plain.get_function_slot_names(hook))
        if not all(name.get_root_context().is_builtins_module() for name in hooks):
            return None
        class_kinds, plain = _unwrapped(plain.py__class__())
        kinds += class_kinds
    return (kinds, plain) if all(issubclass(kind, _ALIKE) for kind in kinds) else None


def _unwrapped(value: Any) -> tuple[tuple[type, ...], Any]:
    kinds = [type(value)]
    while isinstance(value, LazyValueWrapper | ValueWrapper):
        value = value._wrapped_value  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        kinds.append(type(value))
    return tuple(kinds), value


def _narrow(names: Any) -> None:
    """Have a filter of jedi's for a class look at the names within that class only."""
    for inner in ("_class_filter", "_wrapped_filter"):
        if inner in vars(names):
            _narrow(vars(names)[inner])
    scope = vars(names).get("_parser_scope")
    if scope is not None and scope.type == "classdef" and isinstance(names._used_names, UsedNamesMapping):  # noqa: SLF001
        kept: dict[Any, Any] = kept_with(names.parent_context.inference_state, _WITHIN)
        key = scope, names._used_names  # noqa: SLF001
        if key not in kept:
            kept[key] = _used_within(*key)
        names._used_names = kept[key]  # noqa: SLF001
        names._parso_cache_node = None  # noqa: SLF001 # what is kept there is by name, for the whole file


def _used_within(scope: Any, used: Any) -> Any:
    start, end = scope.start_pos, scope.end_pos
    within: dict[str, list[Any]] = {}
    for text, names in used.items():
        inside = [name for name in names if start <= name.start_pos < end]
        if inside:
            within[text] = inside
    return UsedNamesMapping(within)
