"""The members that a value has as seen from a place in the code, and whether the list is complete."""

from dataclasses import dataclass
from typing import Any

from holesmith.analysis.answers import Member
from holesmith.analysis.python.inference.bindings import defined_names
from holesmith.analysis.python.inference.dynamic_attributes import dynamic_reason
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.inference.value_classes import is_none
from holesmith.analysis.python.lookup.isinstance_tests import tested_values
from holesmith.analysis.python.lookup.member_listing import members_listed, owners
from holesmith.analysis.python.lookup.receivers import inferred, receiver_of
from holesmith.analysis.python.lookup.usage_evidence import reason_to_doubt
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
    """What is known of a receiver: its jedi values, their members, and why there may be more."""

    values: Any
    members: tuple[Member, ...]
    implicit: frozenset[str]
    reason: str


def view_of(context: Any, leaf: Any, receiver: list[Any], *, allow_incomplete: bool = True) -> MemberView:
    """What is not known for certain is guessed, or left out with all that there is to list."""
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
    known = implicit.union(member.name for member in members)
    reason = reason or reason_to_doubt(known, context, leaf, receiver) or ""
    return MemberView(values, members, implicit, reason)


def members_in(context: Any, values: Any) -> tuple[Member, ...]:
    """The members of several values, each name once."""
    found: dict[str, Member] = {}
    for value in in_order(values):
        for member in members_listed(context, value):
            if member.name.isidentifier() and member.name != PLACEHOLDER:
                found.setdefault(member.name, member)
    return tuple(found.values())


def in_order(values: Any) -> list[Any]:
    """The same order each time: jedi's sets of values have none."""
    return sorted(
        values, key=lambda value: (value.name.string_name, value.get_root_context().py__name__() or "")
    )


def implicit_names(values: Any) -> frozenset[str]:
    """What the interpreter adds, and the private names of stubs, which jedi hides."""
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
    """All members of the expression before a name behind a dot; None if there may be others."""
    receiver = receiver_of(leaf)
    if receiver is None:
        return None
    view = view_of(context, leaf, receiver, allow_incomplete=False)
    names = frozenset(member.name for member in view.members)
    return None if view.reason or not names else names | view.implicit


def without_none(values: Any) -> Any:
    """An optional receiver is used for what it is when it is there."""
    some = ValueSet(value for value in values if not is_none(value))
    return some or values


def _dynamic_reason_of_any(values: Any) -> str:
    """Why a class may have members that cannot be listed."""
    if not values:
        return "no value"
    return next((reason for value in in_order(values) if (reason := dynamic_reason(value))), "")
