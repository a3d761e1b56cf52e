"""What stands before the dot of a member, and the values that it can have."""

from typing import Any

from jedi.inference.syntax_tree import infer_trailer

_TARGET_LISTS = frozenset(("testlist_comp", "testlist_star_expr", "star_expr", "exprlist"))


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
        and begins_line(owner)
        and (owner.parent.type != "expr_stmt" or owner.parent.children[0] is owner)
    )


def begins_line(node: Any) -> bool:
    before = node.get_first_leaf().get_previous_leaf()
    return before is None or before.type in ("newline", "indent", "dedent") or before.value in (";", ":", "")


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
