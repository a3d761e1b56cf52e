"""Members before the dot, with the verdict whether the list is complete.

Complete needs three things: every value that the receiver can have is known (``provenance``), no
class of them has members out of sight (``class_closure``), and nothing else in the file shows a
member or a test of the type that contradicts it (``evidence``).
"""

from dataclasses import dataclass
from typing import Any

from holesmith.analysis.answers import Member, Members
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import defined_names
from holesmith.analysis.python.inference.dynamic_attributes import open_reason
from holesmith.analysis.python.inference.expression_values import Provenance
from holesmith.analysis.python.lookup.isinstance_tests import tested_values
from holesmith.analysis.python.lookup.member_listing import members_listed, names_of, owners
from holesmith.analysis.python.lookup.names import members_of, type_text
from holesmith.analysis.python.lookup.usage_evidence import contradiction
from holesmith.analysis.python.project import PLACEHOLDER, JediProject
from holesmith.analysis.questions import MembersQuestion
from jedi.inference.base_value import ValueSet
from jedi.inference.syntax_tree import infer_trailer

_TARGET_LISTS = frozenset(("testlist_comp", "testlist_star_expr", "star_expr", "exprlist"))
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


def members_at(project: JediProject, question: MembersQuestion, deadline: Deadline) -> Members | None:
    """None if there is no dot before the hole."""
    filled = project.fill(question.source, question.offset)
    if filled.hole.kind != "attribute":
        return None
    receiver = receiver_of(filled.leaf)
    if receiver is None:
        return Members((), False, None, "the receiver cannot be parsed")
    if is_perhaps_bound_behind(filled.context, filled.leaf, receiver):
        return Members((), False, None, "a comprehension may bind the receiver")
    view = view_of(filled.context, filled.leaf, receiver, is_guessed=not question.only_complete)
    members = view.members
    if question.detailed_max:
        names = (name for value in in_order(view.values) for name in names_of(filled.context, value))
        members = members_of(names, question.detailed_max, deadline)
    known = {member.name for member in members}
    members += tuple(Member(name, "instance") for name in sorted(view.implicit - known)) if members else ()
    reason = view.reason or ("" if members else "no members")
    is_settable = False
    if not reason and any(_takes_attributes(value) for value in view.values):
        is_settable = _may_be_assigned(filled.leaf)
        if is_settable or is_bound_by_statement(filled.leaf):
            reason = "the statement may set a new attribute"
    return Members(members, not reason, type_text(view.values), reason, is_settable or not reason)


def is_perhaps_bound_behind(context: Any, leaf: Any, receiver: list[Any]) -> bool:
    """Whether the receiver begins with a name of the builtins, in brackets that may become a comprehension.

    Few use members of builtins there, some give their names to variables: ``[range.start for range in …]``.
    """
    name = receiver[0]
    if name.type != "name" or (len(receiver) > 1 and receiver[1].children[0].value == "("):
        return False
    if leaf.parent.parent.search_ancestor("atom", "arglist", "trailer") is None:
        return False
    found = context.goto(name, name.start_pos)
    return bool(found) and all(each.get_root_context().is_builtins_module() for each in found)


@dataclass(frozen=True, slots=True)
class MemberView:
    """What is known of a receiver: its jedi values, their members, and why there may be more."""

    values: Any
    members: tuple[Member, ...]
    implicit: frozenset[str]
    reason: str


def view_of(context: Any, leaf: Any, receiver: list[Any], *, is_guessed: bool = True) -> MemberView:
    """What is not known for certain is guessed, or left out with all that there is to list."""
    provenance = Provenance()
    values = provenance.chain(context, receiver)
    reason = "" if values else provenance.reason or "unknown"
    if not values and not is_guessed:
        return MemberView((), (), frozenset(), reason)
    values = without_none(values or inferred(context, receiver))
    if any(not hasattr(value, "get_filters") for value in values):
        values = ValueSet(value for value in values if hasattr(value, "get_filters"))
        reason = reason or "a type that jedi only knows by name"
    if values and all(value.name.string_name == "NoneType" for value in values):
        reason = reason or "nothing but None is known of it"
    tested = tested_values(context.get_root_context(), leaf, receiver) if values else None
    if tested is None:
        reason = reason or "its type is tested"
    else:
        values = ValueSet.from_sets((values, tested))
    reason = reason or _why_open(values)
    if reason and not is_guessed:
        return MemberView((), (), frozenset(), reason)
    members = members_in(context, values)
    implicit = implicit_names(values)
    known = implicit.union(member.name for member in members)
    reason = reason or contradiction(known, context, leaf, receiver) or ""
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


def _may_be_assigned(leaf: Any) -> bool:
    """Whether the statement begins with the attribute, so that an ``=`` may follow."""
    owner = leaf.parent.parent
    statement = owner.parent
    is_first = statement.type in ("simple_stmt", "error_node", "file_input", "suite") or (
        statement.type in ("expr_stmt", "testlist_star_expr") and statement.children[0] is owner
    )
    return is_first and getattr(owner.children[0], "value", "") != "super" and _begins_line(owner)


def is_bound_by_statement(leaf: Any) -> bool:
    """Whether the attribute is or may become one of several targets, or that of ``for`` or ``as``."""
    owner = leaf.parent.parent
    before = owner.get_first_leaf().get_previous_leaf()
    if before is not None and before.value in ("for", "as"):
        return True
    while owner.parent.type in _TARGET_LISTS or owner.parent.type == "atom":
        owner = owner.parent
    is_list = owner is not leaf.parent.parent
    return (
        is_list
        and _begins_line(owner)
        and (owner.parent.type != "expr_stmt" or owner.parent.children[0] is owner)
    )


def _takes_attributes(value: Any) -> bool:
    """Whether the value is of the project's own making rather than of a class known from a stub."""
    owner = value.py__class__() if value.is_instance() else value
    return not (owner.get_root_context().is_stub() or owner.is_compiled())


def _begins_line(node: Any) -> bool:
    before = node.get_first_leaf().get_previous_leaf()
    return before is None or before.type in ("newline", "indent", "dedent") or before.value in (";", ":", "")


def closed_members(context: Any, leaf: Any) -> frozenset[str] | None:
    """All members of the expression before a name behind a dot; None if there may be others."""
    receiver = receiver_of(leaf)
    if receiver is None:
        return None
    view = view_of(context, leaf, receiver, is_guessed=False)
    names = frozenset(member.name for member in view.members)
    return None if view.reason or not names else names | view.implicit


def receiver_of(leaf: Any) -> list[Any] | None:
    """The first operand and the trailers before the placeholder's dot; None where the parser lost them."""
    trailer = leaf.parent
    if trailer.type != "trailer" or trailer.children[0].value != ".":
        return None
    children = trailer.parent.children
    receiver = list(children[: children.index(trailer)])
    if receiver and receiver[0].type == "keyword" and receiver[0].value == "await":
        receiver.pop(0)
    return receiver or None


def inferred(context: Any, receiver: list[Any]) -> Any:
    """What jedi thinks of the receiver, with no promise."""
    values = context.infer_node(receiver[0])
    for trailer in receiver[1:]:
        values = infer_trailer(context, values, trailer)
    return values


def without_none(values: Any) -> Any:
    """An optional receiver is used for what it is when it is there."""
    some = ValueSet(value for value in values if value.name.string_name != "NoneType")
    return some or values


def _why_open(values: Any) -> str:
    """Why a class may have members that cannot be listed."""
    if not values:
        return "no value"
    return next((reason for value in in_order(values) if (reason := open_reason(value))), "")
