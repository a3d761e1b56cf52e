"""Tell whether the code at a place expects that an attribute is missing."""

import re
from typing import Any

_EXPECTS = re.compile(
    r"\b(?:raises|suppress|assertRaises|assertRaisesRegex|RaisesGroup|RaisesExc)\((.*)", re.DOTALL
)
_MISSING = re.compile(r"\b(?:AttributeError|Exception|BaseException)\b|^\s*\*?(?:\w+\.)*[a-z_]\w*\s*,?\s*$")
_FAILS = re.compile(r"\bexpectedFailure\b|\bxfail\b")


def is_error_expected(leaf: Any) -> bool:
    """True if the code around the leaf is made for an error there.

    A ``try`` goes on where an attribute is missing, a ``with`` waits for the error, or a test is expected to
    fail.
    """
    node = leaf
    while (node := node.parent) is not None:
        if node.type == "try_stmt" and _is_caught(node, leaf):
            return True
        if node.type == "with_stmt" and any(map(_waits, _items(node))):
            return True
        if node.type in ("trailer", "error_node") and _is_called_by_test(node):
            return True
        if node.type == "decorated" and _FAILS.search(node.children[0].get_code(include_prefix=False)):
            return True
        if node.type == "classdef":
            return False
    return False


def _is_caught(node: Any, leaf: Any) -> bool:
    clauses = [each for each in node.children if each.type == "except_clause"]
    is_tried = leaf.start_pos < node.children[2].end_pos
    return is_tried and any("AttributeError" in each.get_code(include_prefix=False) for each in clauses)


def _items(statement: Any) -> list[str]:
    return [each.get_code() for each in statement.children[1:-2]]


def _waits(text: str) -> bool:
    return any(_MISSING.search(found[1]) for found in _EXPECTS.finditer(text))


def _is_called_by_test(trailer: Any) -> bool:
    """True if the leaf stands in the arguments of ``pytest.raises(AttributeError, …)``."""
    if trailer.children[0].get_first_leaf().value != "(" or trailer.parent is None:
        return False
    siblings = trailer.parent.children
    before = "".join(
        each.get_code() for each in siblings[max(siblings.index(trailer) - 2, 0) : siblings.index(trailer)]
    )
    return (
        re.search(r"\b(?:raises|assertRaises)$", before.strip()) is not None
        and "AttributeError" in trailer.get_code()
    )
