"""How much of a text its grammar could make nothing of: for comparing two versions of it."""

from dataclasses import dataclass

from holesmith.analysis.outline.syntax_tree import parse
from tree_sitter import Node

ERRORS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class SyntaxErrors:
    """``count`` is of places where something is too much or missing; None without a grammar or in time."""

    count: int | None


def syntax_errors_of(language: str, text: str) -> SyntaxErrors:
    """Counts up to ERRORS_MAX."""
    parsed = parse(language, text)
    if parsed is None:
        return SyntaxErrors(None)
    count, left = 0, [parsed.tree.root_node]
    while left and count < ERRORS_MAX:
        node = left.pop()
        count += node.is_error or node.is_missing
        left += _children_with_errors(node)
    return SyntaxErrors(count)


def _children_with_errors(node: Node) -> list[Node]:
    return [child for child in node.children if child.has_error] if node.has_error else []
