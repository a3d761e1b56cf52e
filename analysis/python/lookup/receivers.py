"""The receiver of a member, which is the expression before its dot, and the values that jedi infers for it.

For example:
    shop.find(1).‸    →  receiver [shop, .find, (1)]
"""

from typing import Any

from jedi.inference.syntax_tree import infer_trailer

_TARGET_LISTS = frozenset(("testlist_comp", "testlist_star_expr", "star_expr", "exprlist"))


def is_bound_by_statement(leaf: Any) -> bool:
    """True if the attribute is or may become a target: one of several, or the target of ``for`` or ``as``.

    For example ``a.x, b.‸``, behind which ``= 1, 2`` may follow.
    """
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
    """True if a node begins a statement: at a line's beginning, or behind a semicolon or colon."""
    before = node.get_first_leaf().get_previous_leaf()
    return before is None or before.type in ("newline", "indent", "dedent") or before.value in (";", ":", "")


def receiver_of(leaf: Any) -> list[Any] | None:
    """Return the first operand and the trailers before the dot of ``leaf``; None if there is no dot.

    ``await`` is left out, because it applies to the whole expression.
    """
    trailer = leaf.parent
    if trailer.type != "trailer" or trailer.children[0].value != ".":
        return None
    children = trailer.parent.children
    receiver = list(children[: children.index(trailer)])
    if receiver and receiver[0].type == "keyword" and receiver[0].value == "await":
        receiver.pop(0)
    return receiver or None


def inferred(context: Any, receiver: list[Any]) -> Any:
    """The values that jedi infers for a receiver; there may be others."""
    values = context.infer_node(receiver[0])
    for trailer in receiver[1:]:
        values = infer_trailer(context, values, trailer)
    return values
