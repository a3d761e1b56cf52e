"""Answer a question about the kinds of names at a hole: exception class, other class, function or unknown.

For example:
    raise ‸    →  ValueError: exception, open: function, settings: unknown, …

A kind is given only if every binding of the name is followed and all bases of a class are known. So a name
that is said to be no exception is certainly none.
"""

import builtins
import time
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType
from typing import Any

from holesmith.analysis.answers import ClassifiedName, NameKind, NameKinds
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import (
    class_bindings,
    defined_names,
    is_member,
)
from holesmith.analysis.python.inference.decorators import (
    ABSTRACT_DECORATORS,
    CLASS_PRESERVING_DECORATORS,
    decorators_of,
)
from holesmith.analysis.python.inference.dynamic_attributes import has_followed_stars
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.member_listing import names_of
from holesmith.analysis.python.lookup.member_view import in_order, view_of
from holesmith.analysis.python.lookup.receivers import receiver_of
from holesmith.analysis.python.lookup.visible_names import NAMES_MAX, visible_names
from holesmith.analysis.python.parsing.parso_nodes import class_arguments, is_unpacked
from holesmith.analysis.python.project import PLACEHOLDER, FilledHole, JediProject
from holesmith.analysis.questions import NameKindsQuestion

_GENERIC = frozenset(("Generic", "Protocol"))
# Seconds for the kinds of the names that the question does not list in ``wanted``.
OTHERS_S_MAX = 0.06


def _builtin_kinds() -> dict[str, NameKind]:
    """The kinds of the builtins, from Python itself: inference would read half of the standard stubs."""
    kinds: dict[str, NameKind] = {}
    for text, value in vars(builtins).items():
        if isinstance(value, type):
            kinds[text] = "exception" if issubclass(value, BaseException) else "class"
        elif isinstance(value, BuiltinFunctionType):
            kinds[text] = "function"
    return kinds


_BUILTIN_KINDS = _builtin_kinds()


def name_kinds_at(project: JediProject, question: NameKindsQuestion, deadline: Deadline) -> NameKinds | None:
    """Return the kinds of the names in scope, or of the members behind a dot; None without a receiver."""
    filled = project.fill(question.source, question.offset)
    found = _members(filled) if filled.hole.kind == "attribute" else _scope(filled)
    if found is None:
        return None
    names, is_complete = found
    by_text: dict[str, list[Any]] = {}
    for name in names:
        if name.string_name != PLACEHOLDER and len(by_text) < NAMES_MAX:
            by_text.setdefault(name.string_name, []).append(name)
    kinds = tuple(_named(by_text, frozenset(question.wanted), deadline))
    return NameKinds(kinds, is_complete and len(by_text) < NAMES_MAX)


def _scope(filled: FilledHole) -> tuple[list[Any], bool]:
    module = filled.module_context
    is_complete = has_followed_stars(module.get_value(), module.tree_node)
    return visible_names(filled.context, filled.position), is_complete


def _members(filled: FilledHole) -> tuple[list[Any], bool] | None:
    receiver = receiver_of(filled.leaf)
    if receiver is None:
        return None
    view = view_of(filled.context, filled.leaf, receiver)
    names = [name for value in in_order(view.values) for name in names_of(filled.context, value)]
    return names, not view.reason


def _named(
    by_text: dict[str, list[Any]], wanted: frozenset[str], deadline: Deadline
) -> Iterator[ClassifiedName]:
    stop_at = time.monotonic() + OTHERS_S_MAX
    for text, names in by_text.items():
        kind: NameKind = "unknown"
        if all(name.get_root_context().is_builtins_module() for name in names):
            kind = _BUILTIN_KINDS.get(text, "unknown")
        else:
            is_quick = time.monotonic() < stop_at and not deadline.is_near(20) and _is_defined_there(names)
            kind = kind_of_names(names) if text in wanted or is_quick else kind
        yield ClassifiedName(text, kind)


def _is_defined_there(names: Iterable[Any]) -> bool:
    """True if all names are ``class`` or ``def`` statements, not imports, and so are quick to follow."""
    parents = [name.tree_name.parent for name in names if name.tree_name is not None]
    return bool(parents) and all(each.type in ("classdef", "funcdef") for each in parents)


def kind_of_names(names: Iterable[Any]) -> NameKind:
    """The kind that all bindings of one name have in common; "unknown" if they differ.

    The innermost scope hides the others, but the place where the name is used decides which scope that is.
    """
    kinds: set[NameKind] = {_kind_of_binding(name) for name in names}
    return kinds.pop() if len(kinds) == 1 else "unknown"


def _kind_of_binding(name: Any) -> NameKind:
    values = ValueInference().definition(name)
    kinds: set[NameKind] = {_kind_of_value(value) for value in values or ()}
    return kinds.pop() if len(kinds) == 1 else "unknown"


def _kind_of_value(value: Any) -> NameKind:
    if value.is_function():
        return "function"
    if not value.is_class() or value.py__name__() in ("type", "object"):
        return "unknown"
    if any(base.py__name__() == "BaseException" for base in value.py__mro__()):
        return "exception"
    if not all(_is_followed(base) for base in value.py__mro__()):
        return "unknown"
    return "abstract" if is_abstract(value) else "class"


def _is_followed(cls: Any) -> bool:
    """True if all bases of a class are known and no decorator replaces the class by something else."""
    node = getattr(cls, "tree_node", None)
    if node is None or node.type != "classdef":
        return bool(cls.is_compiled()) or cls.py__name__() in _GENERIC
    if not (cls.get_root_context().is_stub() or decorators_of(node) <= CLASS_PRESERVING_DECORATORS):
        return False
    bases = [each for each in class_arguments(node) if each.type != "argument" or is_unpacked(each)]
    bases = [each for each in bases if each.get_first_leaf().value not in _GENERIC]
    values = [cls.parent_context.infer_node(each) for each in bases]
    return all(each and all(value.is_class() for value in each) for each in values)


def is_abstract(cls: Any) -> bool:
    """True if instantiating the class fails: its metaclass is ``ABCMeta`` and a method is still abstract.

    False for a class in a stub, because stubs do not mark all abstract methods of their modules.
    """
    if cls.get_root_context().is_stub() or not _has_abstract_meta(cls):
        return False
    settled: set[str] = set()
    for base in cls.py__mro__():
        node = getattr(base, "tree_node", None)
        if node is None or node.type != "classdef":
            return False
        names = defined_names(node)
        if any(_is_abstract_method(node, text) for text in names - settled):
            return True
        settled |= names
    return False


def _has_abstract_meta(cls: Any) -> bool:
    is_derived = any(
        base.py__name__() == "ABC" and base.get_root_context().is_stub() for base in cls.py__mro__()
    )
    return is_derived or any(meta.py__name__() == "ABCMeta" for meta in cls.get_metaclasses())


def _is_abstract_method(classdef: Any, text: str) -> bool:
    """True if the last binding of a name in the body of the class is an abstract method."""
    bindings = [each for each in class_bindings(classdef, text) if not is_member(each)]
    definition = bindings[-1].get_definition() if bindings else None
    is_method = definition is not None and definition.type == "funcdef"
    return is_method and bool(decorators_of(definition) & ABSTRACT_DECORATORS)
