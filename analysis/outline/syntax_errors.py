"""The number of places in a text that its grammar cannot read, for comparing two versions of the text."""

from dataclasses import dataclass

from holesmith.analysis.outline.syntax_tree import parse
from tree_sitter import Node

ERRORS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class SyntaxErrors:
    """The result of a count.

    ``count`` is the number of places where something is missing or too much; None without a grammar or in
    time.
    """

    count: int | None


def syntax_errors_of(language: str, text: str) -> SyntaxErrors:
    """Count the errors of a text, up to ERRORS_MAX."""
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
