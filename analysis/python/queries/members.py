"""Answer a question about the members behind a dot, and tell whether the list of them is complete.

For example:
    path: Path = find()
    path.‸    →  the members of Path; complete, because path has no other binding

A list is complete if three things are proved: every value that the receiver can have is known
(``expression_values``), no class of these values has members that its source does not show
(``dynamic_attributes``), and nothing else in the file contradicts the list by another member or a test of
the type (``usage_evidence``). ``lookup/member_view.py`` puts the three together.
"""

from typing import Any

from holesmith.analysis.answers import Member, Members
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.member_listing import names_of
from holesmith.analysis.python.lookup.member_view import in_order, view_of
from holesmith.analysis.python.lookup.names import members_of, type_text
from holesmith.analysis.python.lookup.receivers import begins_line, is_bound_by_statement, receiver_of
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import MembersQuestion


def members_at(project: JediProject, question: MembersQuestion, deadline: Deadline) -> Members | None:
    """Return the members behind the dot; None if there is no dot before the hole."""
    filled = project.fill(question.source, question.offset)
    if filled.hole.kind != "attribute":
        return None
    receiver = receiver_of(filled.leaf)
    if receiver is None:
        return Members((), False, None, "the receiver cannot be parsed")
    if is_perhaps_bound_behind(filled.context, filled.leaf, receiver):
        return Members((), False, None, "a comprehension may bind the receiver")
    view = view_of(filled.context, filled.leaf, receiver, allow_incomplete=not question.only_complete)
    members = view.members
    if question.detailed_max:
        names = (name for value in in_order(view.values) for name in names_of(filled.context, value))
        detailed = members_of(names, question.detailed_max, deadline)
        named = {member.name for member in detailed}
        members = (*detailed, *(member for member in members if member.name not in named))
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
    """True if the receiver begins with a builtin's name inside brackets that may become a comprehension.

    The comprehension may then bind the name: ``[range.start for range in …]``. This is more frequent than a
    member of the builtin itself.
    """
    name = receiver[0]
    if name.type != "name" or (len(receiver) > 1 and receiver[1].children[0].value == "("):
        return False
    if leaf.parent.parent.search_ancestor("atom", "arglist", "trailer") is None:
        return False
    found = context.goto(name, name.start_pos)
    return bool(found) and all(each.get_root_context().is_builtins_module() for each in found)


def _may_be_assigned(leaf: Any) -> bool:
    """True if the statement begins with the attribute, so that an ``=`` may follow and set a new one."""
    owner = leaf.parent.parent
    statement = owner.parent
    is_first = statement.type in ("simple_stmt", "error_node", "file_input", "suite") or (
        statement.type in ("expr_stmt", "testlist_star_expr") and statement.children[0] is owner
    )
    return is_first and getattr(owner.children[0], "value", "") != "super" and begins_line(owner)


def _takes_attributes(value: Any) -> bool:
    """True if new attributes may be set on the value: its class is neither compiled nor known from a stub."""
    owner = value.py__class__() if value.is_instance() else value
    return not (owner.get_root_context().is_stub() or owner.is_compiled())
