"""The definitions of a file with their headers, from the syntax tree: what an index and a prompt need of
a file.

Works on files with errors; a definition that the parser lost is missing and nothing else is.
"""

from dataclasses import dataclass
from typing import Literal

from holesmith.analysis.span import Span
from holesmith.analysis.syntax_tree import SyntaxTree
from tree_sitter import Node

DefinitionKind = Literal["class", "function", "method", "variable"]

DEPTH_MAX = 60
DEFINITIONS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Definition:
    """``span`` is the whole definition with its decorators, ``header`` ends before the body.

    ``parent`` is the index of the enclosing definition in the outline. ``body`` is None for a
    definition without one, such as a method of an interface.
    """

    kind: DefinitionKind
    name: str
    span: Span
    header: Span
    body: Span | None
    parent: int | None


_CLASS_TYPES = frozenset(
    (
        "class_definition",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
        "struct_declaration",
        "type_alias_declaration",
        "namespace_declaration",
        "internal_module",
        "class_specifier",
        "struct_specifier",
        "enum_specifier",
        "union_specifier",
        "namespace_definition",
        "type_spec",
        "type_definition",
        "struct_item",
        "enum_item",
        "union_item",
        "trait_item",
        "impl_item",
        "mod_item",
        "type_item",
    )
)
_FUNCTION_TYPES = frozenset(
    (
        "function_definition",
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
        "function_item",
        "function_signature_item",
        "local_function_statement",
        "macro_definition",
    )
)
_METHOD_TYPES = frozenset(
    (
        "method_definition",
        "method_declaration",
        "method_signature",
        "abstract_method_signature",
        "constructor_declaration",
        "compact_constructor_declaration",
        "method_elem",
        "property_declaration",
        "delegate_declaration",
    )
)
_VARIABLE_TYPES = frozenset(("variable_declarator", "const_spec", "var_spec", "const_item", "static_item"))
_OPAQUE_TYPES = frozenset(("string", "comment", "template_string", "string_literal"))
_NAME_FIELDS = ("name", "declarator", "left", "type")


def outline_of(tree: SyntaxTree) -> tuple[Definition, ...]:
    """In the order of the text, a definition before those inside it. Local variables are left out."""
    definitions: list[Definition] = []
    stack: list[tuple[Node, int | None, int]] = [(tree.tree.root_node, None, 0)]
    while stack and len(definitions) < DEFINITIONS_MAX:
        node, parent, depth = stack.pop()
        kind = _kind(node, definitions[parent] if parent is not None else None)
        if kind:
            definition = _definition(tree, node, kind, parent)
            if definition:
                parent = len(definitions)
                definitions.append(definition)
        if depth < DEPTH_MAX and node.type not in _OPAQUE_TYPES:
            stack.extend((child, parent, depth + 1) for child in reversed(node.named_children))
    return tuple(definitions)


def _kind(node: Node, parent: Definition | None) -> DefinitionKind | None:
    is_member = parent is not None and parent.kind == "class"
    if node.type in _CLASS_TYPES:
        return (
            "class"
            if node.type.endswith(("definition", "declaration", "item", "spec")) or _body(node)
            else None
        )
    if node.type in _METHOD_TYPES:
        return "method"
    if node.type in _FUNCTION_TYPES:
        return "method" if is_member else "function"
    is_local = parent is not None and parent.kind in ("function", "method")
    if is_local:
        return None
    if node.type == "assignment" or node.type in _VARIABLE_TYPES:
        return "variable"
    return None


def _definition(tree: SyntaxTree, node: Node, kind: DefinitionKind, parent: int | None) -> Definition | None:
    name = _name(node)
    if name is None:
        return None
    outer = node.parent if node.parent and node.parent.type == "decorated_definition" else node
    whole = tree.span(outer)
    body_node = _body(node) if kind != "variable" else None
    body = tree.span(body_node) if body_node else None
    start = tree.offset(node.start_byte)
    stop = body.start if body else whole.stop
    header = Span(start, start + len(tree.text[start:stop].rstrip().rstrip("{").rstrip()))
    return Definition(kind, _text(tree, name), whole, header, body, parent)


def _body(node: Node) -> Node | None:
    return node.child_by_field_name("body")


def _name(node: Node) -> Node | None:
    """The identifier: the name field, or the innermost declarator of C."""
    for _ in range(DEPTH_MAX):
        inner = next((found for each in _NAME_FIELDS if (found := node.child_by_field_name(each))), None)
        if inner is None:
            break
        node = inner
    return node if "identifier" in node.type or node.type in ("name", "type_identifier") else None


def _text(tree: SyntaxTree, node: Node) -> str:
    return tree.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")
