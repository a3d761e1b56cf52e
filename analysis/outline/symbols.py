"""The symbols and imports of a file, found cheaply enough to index every file of a repository.

Lines count from 0, and spans of lines are half-open. Definitions local to a function are left out. Any text
has an outline: the parts that the parser could not read are missing in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from holesmith.analysis.outline.grammars import grammar_of
from holesmith.analysis.outline.import_statements import Import, imports_of_statement
from holesmith.analysis.outline.query_cost import is_too_costly
from holesmith.analysis.outline.symbol_queries import DEFINITIONS, MENTIONS
from holesmith.analysis.outline.syntax_tree import SyntaxTree, parse
from holesmith.analysis.syntax.span import Span
from tree_sitter import Node, Query, QueryCursor

SymbolKind = Literal["class", "function", "method", "field"]

SIGNATURE_CHARACTERS_MAX = 240
DOCUMENTATION_CHARACTERS_MAX = 120
# Further definitions of a file are left out.
SYMBOLS_MAX = 20_000
_KINDS: tuple[SymbolKind, ...] = ("class", "function", "method", "field")
_WORD = re.compile(r"[^\W\d]\w*")
_NOT_BASES = frozenset(("extends", "implements", "metaclass", "public", "private", "protected", "virtual"))


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition in a file.

    ``signature`` is its header on one line without the body, cut at SIGNATURE_CHARACTERS_MAX. ``parent`` is
    the index of the enclosing symbol. ``body_line`` is the line on which the body begins, or ``stop_line``
    for a symbol without a body. ``bases`` are the bare names of the types that it extends.
    """

    name: str
    kind: SymbolKind
    parent: int | None
    start_line: int
    body_line: int
    stop_line: int
    signature: str
    documentation: str
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """The outline of a file in the order of the text. A symbol stands before the symbols inside it."""

    symbols: tuple[Symbol, ...]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """The words of a file by their role, each once, in the order of the text."""

    identifiers: tuple[str, ...]
    types: tuple[str, ...]
    strings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Definition:
    node: Node
    outer: Node
    kind: SymbolKind
    name: str
    body: Node | None
    bases: tuple[str, ...]


def symbols_of(language: str, text: str) -> FileSymbols:
    """Return the outline of a text.

    It is empty for a language without a grammar, and for a text whose tree is too costly to query.
    """
    query, parsed = _definitions_query(language), _parsed(language, text)
    if query is None or parsed is None:
        return FileSymbols((), ())
    data = parsed.data
    definitions: list[_Definition] = []
    imports: list[Import] = []
    for _, captures in QueryCursor(query).matches(parsed.tree.root_node):
        if "import" in captures:
            node = captures["import"][0]
            imports.extend(imports_of_statement(language, _text(data, node), node.start_point.row))
        elif len(definitions) < SYMBOLS_MAX:
            definition = _definition(data, captures)
            if definition:
                definitions.append(definition)
    definitions.sort(key=lambda definition: (definition.outer.start_byte, -definition.outer.end_byte))
    return FileSymbols(tuple(_nested(language, data, definitions)), tuple(imports))


def function_bodies(language: str, text: str) -> tuple[Span, ...]:
    """Return the bodies of functions and methods, local ones too, in the order of the text.

    Braces are a part of a body.
    """
    query, parsed = _definitions_query(language), _parsed(language, text)
    if query is None or parsed is None:
        return ()
    bodies = (
        parsed.span(captures["body"][0])
        for _, captures in QueryCursor(query).matches(parsed.tree.root_node)
        if "body" in captures and ("function" in captures or "method" in captures)
    )
    return tuple(sorted(set(bodies), key=lambda body: (body.start, -body.stop)))


def mentions_of(language: str, text: str) -> Mentions:
    """Return the words of a text by their role.

    They are empty for a language without a grammar, and for a text whose tree is too costly to query.
    """
    query, parsed = _mentions_query(language), _parsed(language, text)
    if query is None or parsed is None:
        return Mentions((), (), ())
    data = parsed.data
    captures = QueryCursor(query).captures(parsed.tree.root_node)

    def words(name: str) -> tuple[str, ...]:
        nodes = sorted(captures.get(name, ()), key=lambda node: node.start_byte)
        return tuple(dict.fromkeys(_text(data, node) for node in nodes))

    return Mentions(words("identifier"), words("type"), words("string"))


def _parsed(language: str, text: str) -> SyntaxTree | None:
    parsed = parse(language, text)
    return None if parsed is None or is_too_costly(parsed.tree.root_node) else parsed


@cache
def _definitions_query(language: str) -> Query | None:
    grammar = grammar_of(language)
    return Query(grammar, DEFINITIONS[language]) if grammar else None


@cache
def _mentions_query(language: str) -> Query | None:
    grammar = grammar_of(language)
    return Query(grammar, MENTIONS[language]) if grammar else None


def _definition(data: bytes, captures: dict[str, list[Node]]) -> _Definition | None:
    whole: list[tuple[SymbolKind, Node]] = [
        (kind, captures[kind][0]) for kind in _KINDS if captures.get(kind)
    ]
    if not whole:
        return None
    kind, node = whole[0]
    outer = node.parent if node.parent and node.parent.type == "decorated_definition" else node
    body = captures["body"][0] if "body" in captures else None
    name = _WORD.findall(_text(data, captures["name"][0]))
    bases = " ".join(_text(data, node) for node in captures.get("bases", ()))
    return _Definition(node, outer, kind, name[-1], body, _base_names(bases)) if name else None


def _base_names(text: str) -> tuple[str, ...]:
    """Return the last word of each dotted name. Type arguments and keyword arguments are left out."""
    bare = re.sub(r"<[^<>]*>|\[[^\[\]]*\]|\w+\s*=\s*[\w.]+", "", text)
    names = (match[0].split(".")[-1] for match in re.finditer(r"[^\W\d][\w.]*\w|[^\W\d]", bare))
    return tuple(dict.fromkeys(name for name in names if name not in _NOT_BASES))


def _nested(language: str, data: bytes, definitions: list[_Definition]) -> Iterator[Symbol]:
    """Yield each symbol with its parent, but neither what is local to a function nor a repeated attribute."""
    open_symbols: list[tuple[int, _Definition, int]] = []  # [end byte, definition, index or -1 if left out]
    seen: set[tuple[int | None, str]] = set()
    last: tuple[int, str] | None = None
    index = 0
    for definition in definitions:
        while open_symbols and open_symbols[-1][0] <= definition.outer.start_byte:
            open_symbols.pop()
        is_repeated = last == (definition.node.start_byte, definition.name)
        last = (definition.node.start_byte, definition.name)
        around = [(item, number) for _, item, number in open_symbols]
        parent = next(
            (number for item, number in reversed(around) if item.kind == "class" and number >= 0), None
        )
        in_function = any(item.kind in ("function", "method") for item, _ in around)
        is_attribute = definition.node.type == "assignment" and parent is not None and in_function
        if (in_function and not is_attribute) or is_repeated:
            open_symbols.append((definition.outer.end_byte, definition, -1))
            continue
        if definition.kind == "field":
            if (parent, definition.name) in seen:
                continue
            seen.add((parent, definition.name))
        yield _symbol(language, data, definition, parent)
        open_symbols.append((definition.outer.end_byte, definition, index))
        index += 1


def _symbol(language: str, data: bytes, definition: _Definition, parent: int | None) -> Symbol:
    node, body = definition.node, definition.body
    stop_byte = body.start_byte if body else node.end_byte
    start_byte = min(node.start_byte, stop_byte)
    kind: SymbolKind = "method" if definition.kind == "function" and parent is not None else definition.kind
    stop_line = definition.outer.end_point.row + (definition.outer.end_point.column > 0)
    return Symbol(
        name=definition.name,
        kind=kind,
        parent=parent,
        start_line=definition.outer.start_point.row,
        body_line=body.start_point.row if body else stop_line,
        stop_line=max(stop_line, definition.outer.start_point.row + 1),
        signature=_signature(data[start_byte : min(stop_byte, start_byte + 8 * SIGNATURE_CHARACTERS_MAX)]),
        documentation=_documentation(language, data, definition),
        bases=definition.bases,
    )


def _signature(data: bytes) -> str:
    text = " ".join(data.decode("utf-8", "replace").split())
    if len(text) > SIGNATURE_CHARACTERS_MAX:
        return text[: SIGNATURE_CHARACTERS_MAX - 1] + "…"
    return text.removesuffix("{").removesuffix("=>").rstrip().removesuffix(":").rstrip(" ;")


def _documentation(language: str, data: bytes, definition: _Definition) -> str:
    """Return the first line with words of the docstring, or of the comment right above."""
    if definition.kind == "field":
        return ""
    if language == "python":
        first = _first_child(definition.body)
        inner = _first_child(first) if first and first.type == "expression_statement" else first
        node = inner if inner and inner.type == "string" else None
    else:
        node = definition.outer.prev_named_sibling
        node = node if node and "comment" in node.type else None
    if node is None:
        return ""
    text = data[node.start_byte : min(node.end_byte, node.start_byte + 2000)].decode("utf-8", "replace")
    lines = (line.strip().strip("/*#\"'!").strip() for line in text.lstrip("rRuUbBfF").splitlines())
    line = next((line for line in lines if line), "")
    return line[:DOCUMENTATION_CHARACTERS_MAX]


def _first_child(node: Node | None) -> Node | None:
    children = node.named_children if node else []
    return children[0] if children else None


def _text(data: bytes, node: Node) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")
