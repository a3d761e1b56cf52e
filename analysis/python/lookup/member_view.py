"""List the members of a receiver at a place in the code, and tell whether the list is complete.

For example:
    def read(path: Path):
        path.‸    →  the members of Path; complete, so that a completion may be held to them

The list is complete if three things are proved, each in one file: all values of the receiver are known
(``expression_values``), no class of them has other members (``dynamic_attributes``), and the code around does
not contradict (``usage_evidence``). Otherwise ``reason`` says which proof is missing.
"""

from dataclasses import dataclass
from typing import Any

from holesmith.analysis.answers import Member
from holesmith.analysis.python.evidence.foreign_attributes import foreign_names
from holesmith.analysis.python.evidence.isinstance_tests import tested_values
from holesmith.analysis.python.evidence.usage_evidence import reason_to_doubt
from holesmith.analysis.python.inference.bindings import defined_names
from holesmith.analysis.python.inference.dynamic_attributes import dynamic_reason
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.inference.value_classes import is_none
from holesmith.analysis.python.lookup.member_listing import members_listed, owners
from holesmith.analysis.python.lookup.receivers import inferred, receiver_of
from holesmith.analysis.python.project import PLACEHOLDER
from jedi.inference.base_value import ValueSet

_MODULE_NAMES = frozenset(
    [
        "__all__",
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__dict__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__path__",
        "__spec__",
    ]
)


_OBJECT_NAMES = frozenset(
    [
        "__annotations__",
        "__class__",
        "__dataclass_fields__",
        "__dict__",
        "__doc__",
        "__match_args__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__slots__",
        "__weakref__",
    ]
)


@dataclass(frozen=True, slots=True)
class MemberView:
    """The members of a receiver.

    ``values`` are jedi's values of the receiver and ``members`` their listed members. ``implicit`` are names
    that are members too, but that jedi does not list. ``reason`` says why there may be others; "" if the list
    is complete.
    """

    values: Any
    members: tuple[Member, ...]
    implicit: frozenset[str]
    reason: str


def view_of(context: Any, leaf: Any, receiver: list[Any], *, allow_incomplete: bool = True) -> MemberView:
    """Return the view of a receiver, given as its first operand and its trailers; ``leaf`` is the member.

    If the values are not known for certain, jedi's guess is listed. Without ``allow_incomplete`` nothing is
    listed as soon as the list is known to be incomplete, which saves time.
    """
    inference = ValueInference()
    values = inference.chain(context, receiver)
    reason = "" if values else inference.reason or "unknown"
    if not values and not allow_incomplete:
        return MemberView((), (), frozenset(), reason)
    values = without_none(values or inferred(context, receiver))
    if any(not hasattr(value, "get_filters") for value in values):
        values = ValueSet(value for value in values if hasattr(value, "get_filters"))
        reason = reason or "a type that jedi only knows by name"
    if values and all(map(is_none, values)):
        reason = reason or "nothing but None is known of it"
    tested = tested_values(context.get_root_context(), leaf, receiver) if values else None
    if tested is None:
        reason = reason or "its type is tested"
    else:
        values = ValueSet.from_sets((values, tested))
    reason = reason or _dynamic_reason_of_any(values)
    if reason and not allow_incomplete:
        return MemberView((), (), frozenset(), reason)
    members = members_in(context, values)
    implicit = implicit_names(values)
    if not reason:
        foreign, reason = foreign_names(context, values)
        implicit |= foreign - {PLACEHOLDER}
    known = implicit.union(member.name for member in members)
    reason = reason or reason_to_doubt(known, values, context, leaf, receiver) or ""
    return MemberView(values, members, implicit, reason)


def members_in(context: Any, values: Any) -> tuple[Member, ...]:
    """Return the members of several values, each name once."""
    found: dict[str, Member] = {}
    for value in in_order(values):
        for member in members_listed(context, value):
            if member.name.isidentifier() and member.name != PLACEHOLDER:
                found.setdefault(member.name, member)
    return tuple(found.values())


def in_order(values: Any) -> list[Any]:
    """Sort values by their names, because jedi's sets of values have no fixed order."""
    return sorted(
        values, key=lambda value: (value.name.string_name, value.get_root_context().py__name__() or "")
    )


def implicit_names(values: Any) -> frozenset[str]:
    """The names that the interpreter adds to values, and private names of stubs, which jedi hides."""
    found: set[str] = set()
    for value in values:
        found |= _MODULE_NAMES if value.is_module() else _OBJECT_NAMES
        for owner in owners(value):
            node = getattr(owner, "tree_node", None)
            if (
                node is not None
                and node.type in ("file_input", "classdef")
                and owner.get_root_context().is_stub()
            ):
                found |= defined_names(node)
    return frozenset(found)


def complete_members(context: Any, leaf: Any) -> frozenset[str] | None:
    """Return all members of the expression before the dot of ``leaf``; None if it may have others."""
    receiver = receiver_of(leaf)
    if receiver is None:
        return None
    view = view_of(context, leaf, receiver, allow_incomplete=False)
    names = frozenset(member.name for member in view.members)
    return None if view.reason or not names else names | view.implicit


def without_none(values: Any) -> Any:
    """The values without None, because an optional receiver is used for its other values."""
    some = ValueSet(value for value in values if not is_none(value))
    return some or values


def _dynamic_reason_of_any(values: Any) -> str:
    """The first reason why one of the values may have members that are not listed; "" without one."""
    if not values:
        return "no value"
    return next((reason for value in in_order(values) if (reason := dynamic_reason(value))), "")
