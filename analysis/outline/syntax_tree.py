"""A text with its tree-sitter tree, immutable.

Offsets are code points outside and bytes inside; only this module converts between them. Any text has a tree,
even one with lone surrogates or null characters.
"""

from dataclasses import dataclass, field

from holesmith.analysis.outline.grammars import grammar_of
from holesmith.analysis.syntax.span import Span
from tree_sitter import Node, Parser, Tree


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """One version of a document. Make it with ``parse``."""

    language: str
    text: str
    data: bytes = field(repr=False)
    tree: Tree = field(repr=False)

    def offset(self, byte_offset: int) -> int:
        """Return the code point at a byte; for a byte inside a character, that character."""
        if len(self.data) == len(self.text):
            return byte_offset
        return len(self.data[:byte_offset].decode("utf-8", "surrogatepass"))

    def has_errors(self) -> bool:
        return self.tree.root_node.has_error

    def span(self, node: Node) -> Span:
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))


def parse(language: str, text: str) -> SyntaxTree | None:
    """Parse a text; None for a language without a grammar."""
    grammar = grammar_of(language)
    if grammar is None:
        return None
    data = text.encode("utf-8", "surrogatepass")
    tree = Parser(grammar).parse(data)
    assert tree is not None, "a parser with a language and no time limit gives a tree"
    return SyntaxTree(language, text, data, tree)
