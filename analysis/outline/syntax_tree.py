"""A text with its tree-sitter tree, immutable, and parsed again only where an edit changed it.

Offsets are code points outside and bytes inside; the conversion is here and nowhere else. Any text
has a tree, also one with lone surrogates or null characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from holesmith.analysis.outline.grammars import grammar_of
from holesmith.analysis.syntax.span import Span
from tree_sitter import Node, Parser, Point, Tree

PATH_MAX = 400


@dataclass(frozen=True, slots=True)
class SyntaxNode:
    """A node as plain data. ``field`` is its role in its parent, such as "body"; None if it has none."""

    type: str
    field: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """One version of a document. Make it with ``parse`` and its next version with ``edited``."""

    language: str
    text: str
    data: bytes = field(repr=False)
    tree: Tree = field(repr=False)

    def edited(self, start: int, stop: int, replacement: str) -> "SyntaxTree":
        """The tree of the text in which ``replacement`` stands for the code points from ``start`` to
        ``stop``.
        """
        assert 0 <= start <= stop <= len(self.text)
        text = self.text[:start] + replacement + self.text[stop:]
        first, last = self.byte_offset(start), self.byte_offset(stop)
        inserted = _encode(replacement)
        data = self.data[:first] + inserted + self.data[last:]
        tree = self.tree.copy()
        tree.edit(
            start_byte=first,
            old_end_byte=last,
            new_end_byte=first + len(inserted),
            start_point=_point(self.data, first),
            old_end_point=_point(self.data, last),
            new_end_point=_point(data, first + len(inserted)),
        )
        return SyntaxTree(self.language, text, data, _parse(self.language, data, tree))

    def byte_offset(self, offset: int) -> int:
        if len(self.data) == len(self.text):
            return offset
        return len(_encode(self.text[:offset]))

    def offset(self, byte_offset: int) -> int:
        """The code point at a byte; inside of a character, that character."""
        if len(self.data) == len(self.text):
            return byte_offset
        return len(self.data[:byte_offset].decode("utf-8", "surrogatepass"))

    def span(self, node: Node) -> Span:
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))

    def path_at(self, offset: int) -> tuple[SyntaxNode, ...]:
        """The nodes around the code point before ``offset``, from the root inwards."""
        byte = self.byte_offset(max(offset - 1, 0))
        nodes = [
            SyntaxNode(node.type, name, self.span(node)) for node, name in _descend(self.tree.root_node, byte)
        ]
        return tuple(nodes)

    def has_errors(self) -> bool:
        return self.tree.root_node.has_error


def parse(language: str, text: str) -> SyntaxTree | None:
    """None for a language without a grammar."""
    if grammar_of(language) is None:
        return None
    data = _encode(text)
    return SyntaxTree(language, text, data, _parse(language, data, None))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parse(language: str, data: bytes, old: Tree | None) -> Tree:
    grammar = grammar_of(language)
    assert grammar is not None
    parser = Parser(grammar)
    tree = parser.parse(data, old) if old else parser.parse(data)
    assert tree is not None, "a parser with a language and no time limit gives a tree"
    return tree


def _point(data: bytes, byte: int) -> Point:
    row = data.count(b"\n", 0, byte)
    return Point(row, byte - (data.rfind(b"\n", 0, byte) + 1))


def _descend(root: Node, byte: int) -> Iterator[tuple[Node, str | None]]:
    cursor = root.walk()
    for _ in range(PATH_MAX):
        node = cursor.node
        if node is None:
            return
        yield node, cursor.field_name
        if cursor.goto_first_child_for_byte(byte) is None:
            return
        child = cursor.node
        if child is None or child.start_byte > byte:
            return
