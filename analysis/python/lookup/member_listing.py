"""List the members of a value by name, with the result of jedi's own listing at a small part of its cost.

For example:
    parser = ArgumentParser()
    parser.‸    →  add_argument, parse_args, …, with those of all base classes

For each value anew, jedi looks through all names of a class's file, and once more for each base class. Here
a class is read once (see ``class_members``), and the members of classes and modules of other files are
memoised in the inference state.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from holesmith.analysis.answers import Member
from holesmith.analysis.python.inference.bindings import code_of
from holesmith.analysis.python.inference.class_members import class_members, instance_members
from holesmith.analysis.python.inference.value_classes import class_of
from holesmith.analysis.python.lookup.names import kind_of
from holesmith.analysis.python.parsing.jedi_internals import (
    GenericInstance,
    inner_filters,
    look_only_at,
    names_of_proxied,
    scope_of_filter,
    used_names_of_filter,
    wrapped_value,
)
from holesmith.analysis.python.parsing.project_memo import project_memo
from jedi.inference.base_value import LazyValueWrapper, ValueSet, ValueWrapper
from jedi.inference.compiled import ExactValue
from jedi.inference.gradual.base import GenericClass
from jedi.inference.gradual.conversion import convert_values
from jedi.inference.gradual.stub_value import StubModuleValue
from jedi.inference.value import ClassValue, ModuleValue, TreeInstance
from jedi.inference.value.instance import InstanceClassFilter, SelfAttributeFilter
from jedi.inference.value.iterable import Sequence
from jedi.inference.value.klass import ClassFilter
from parso.python.tree import UsedNamesMapping

# Members of a value that are listed at most.
MEMBERS_MAX = 5_000
# Kinds of jedi's values whose members depend only on their class.
_ALIKE = (TreeInstance, GenericInstance, ExactValue, Sequence, ClassValue, GenericClass)
_HOOKS = frozenset(("__getattr__", "__getattribute__"))
_PROXY = re.compile(r"\breturn[ \t]+getattr\(")


def names_of(context: Any, value: Any) -> list[Any]:
    """Return jedi's names of all members of a value, also of metaclasses; a name may occur several times."""
    return list(_names(context, value))[:MEMBERS_MAX]


def names_in(state: Any, names: Any) -> list[Any]:
    """Return all names of a filter of jedi's.

    jedi's flow analysis would leave out names behind conditions such as ``sys.platform == "win32"``. It is
    switched off here, because the code may be for another system or a newer Python. Nothing may be inferred
    meanwhile: without flow analysis jedi finds two definitions of ``Ellipsis`` and fails.
    """
    state.flow_analysis_enabled = False
    try:
        return list(names.values())
    finally:
        state.flow_analysis_enabled = True


def _names(context: Any, value: Any) -> Iterator[Any]:
    for each in _with_source(value):
        for names in each.get_filters(origin_scope=context.tree_node):
            _narrow(names)
            yield from names_in(context.inference_state, names)
    yield from _names_elsewhere(context, value)


def _with_source(value: Any) -> list[Any]:
    """The value, and for a value of a stub also the values in the source that the stub describes."""
    return [value, *(source for source in convert_values(ValueSet((value,))) if source is not value)]


def _names_elsewhere(context: Any, value: Any) -> Iterator[Any]:
    """jedi's names of further members: those of a metaclass, and those of the object behind a proxy."""
    if isinstance(value, TreeInstance):
        if not value.is_stub():
            yield from names_of_proxied(context, value)
    elif value.is_class() and hasattr(value, "get_metaclasses"):
        for metaclass in value.get_metaclasses():
            for names in metaclass.get_filters():
                _narrow(names)
                yield from names_in(context.inference_state, names)


def _narrow(names: Any) -> None:
    """Make a filter of jedi's for a class look only at the names within that class."""
    for inner in inner_filters(names):
        _narrow(inner)
    scope = scope_of_filter(names)
    if scope is None or scope.type != "classdef":
        return
    used = used_names_of_filter(names)
    if isinstance(used, UsedNamesMapping):
        kept = project_memo(names.parent_context.inference_state).names_within_classes
        key = scope, used
        if key not in kept:
            kept[key] = _used_within(scope, used)
        look_only_at(names, kept[key])


def _used_within(scope: Any, used: Any) -> Any:
    start, end = scope.start_pos, scope.end_pos
    within: dict[str, list[Any]] = {}
    for text, names in used.items():
        inside = [name for name in names if start <= name.start_pos < end]
        if inside:
            within[text] = inside
    return UsedNamesMapping(within)


def members_listed(context: Any, value: Any) -> list[Member]:
    """Return the names of all members of a value and their kinds, each name once."""
    key = _key(context, value)
    if key is None:
        return _listed(context, value)
    kept = project_memo(context.inference_state).members_of_values
    if key not in kept:
        kept[key] = _listed(context, value)
    return kept[key]


def owners(value: Any) -> list[Any]:
    """The module or the classes from which a value has its members."""
    if value.is_module() or not hasattr(value, "py__class__"):
        return [value]
    cls = class_of(value)
    return list(cls.py__mro__()) if cls.is_class() else []


def _listed(context: Any, value: Any) -> list[Member]:
    found: dict[str, Member] = {}
    for each in _with_source(value):
        for names in _filters(each, context.tree_node):
            for member in _let_through(names, context):
                found.setdefault(member.name, member)
    for member in _plain(_names_elsewhere(context, value)):
        found.setdefault(member.name, member)
    return list(found.values())[:MEMBERS_MAX]


def _filters(value: Any, origin: Any) -> Iterator[Any]:
    """jedi's filters of a value; for an instance made without inferring the parameters of its class."""
    if type(value) is not TreeInstance:
        yield from value.get_filters(origin_scope=origin)
        return
    cls = value.class_value
    for base in cls.py__mro__():
        if not base.is_compiled():
            yield SelfAttributeFilter(value, cls, base.as_context(), origin)
    yield from cls.get_filters(origin_scope=origin, is_instance=True)


def _let_through(names: Any, context: Any) -> Iterable[Member]:
    """The members that a filter of jedi's gives; those of a class are read from its text instead."""
    if type(names) is InstanceClassFilter:
        (names,) = inner_filters(names)
    scope = scope_of_filter(names)
    if type(names) not in (ClassFilter, SelfAttributeFilter) or scope.type != "classdef":
        return _plain(names_in(context.inference_state, names))
    members = _read(context, scope, is_of_instances=type(names) is SelfAttributeFilter)
    if any(map(_is_private, members)) and not _is_within(context.tree_node, scope):
        return [member for name, member in members.items() if not _is_private(name)]
    return members.values()


def _read(context: Any, scope: Any, *, is_of_instances: bool) -> dict[str, Member]:
    """The members that a class statement binds. They are memoised for classes of other files."""
    read = instance_members if is_of_instances else class_members
    if scope.get_root_node() is context.get_root_context().tree_node:
        return {name: Member(name, kind) for name, kind in read(scope).items()}
    kept = project_memo(context.inference_state).members_of_classes
    key = is_of_instances, scope
    if key not in kept:
        kept[key] = {name: Member(name, kind) for name, kind in read(scope).items()}
    return kept[key]


def _is_private(name: str) -> bool:
    """True if Python changes the name of the member outside of its class (name mangling)."""
    return name.startswith("__") and not name.endswith("__")


def _is_within(node: Any, scope: Any) -> bool:
    while node is not None and node is not scope:
        node = node.parent
    return node is not None


def _plain(names: Iterable[Any]) -> list[Member]:
    members: dict[str, Member] = {}
    for name in names:
        if name.string_name not in members:
            members[name.string_name] = Member(name.string_name, kind_of(name))
    return list(members.values())


def _key(context: Any, value: Any) -> Any:
    """A key that values with the same members share; None if the members must not be memoised.

    These are members of other kinds of values, members from classes of the document, which change with its
    text, and members of a proxy, which stands for another object each time.
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
        if any(_is_proxy(context, each) for each in origins):
            return None
        class_kinds, plain = _unwrapped(plain.py__class__())
        kinds += class_kinds
    return (kinds, plain) if all(issubclass(kind, _ALIKE) for kind in kinds) else None


def _is_proxy(context: Any, owner: Any) -> bool:
    """True if a class gives the attributes of another object as its own, in a way that jedi understands."""
    scope = getattr(owner, "tree_node", None)
    if scope is None or scope.type != "classdef":
        return False
    has_hook = not _HOOKS.isdisjoint(_read(context, scope, is_of_instances=False))
    return has_hook and _PROXY.search(code_of(owner.parent_context, scope)) is not None


def _unwrapped(value: Any) -> tuple[tuple[type, ...], Any]:
    """The types of a value and of all values that it wraps, and the innermost one."""
    kinds = [type(value)]
    while isinstance(value, LazyValueWrapper | ValueWrapper):
        value = wrapped_value(value)
        kinds.append(type(value))
    return tuple(kinds), value
