"""Tell whether every part of an annotation is understood, so that its instances are all possible values.

For example:
    def read(path: Path | None, value: Any): ...
    # The annotation of path is understood. That of value is not, because Any allows other classes.
"""

from collections.abc import Callable
from typing import Any

from holesmith.analysis.python.parsing.jedi_internals import forward_reference
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer, subscripts_of
from jedi.inference.gradual.type_var import TypeVar

# Levels of nesting in an annotation; a deeper one is not understood.
DEPTH_MAX = 12
_OPAQUE_NAMES = frozenset(
    (
        "Any",
        "object",
        "Callable",
        "Protocol",
        "Generic",
        "Incomplete",
        "Unused",
        "TypeVar",
        "ParamSpec",
        "Never",
    )
)
_WRAPPERS = frozenset(
    ("Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")
)
_TYPING_ALIASES = frozenset(
    (
        "List",
        "Dict",
        "Set",
        "FrozenSet",
        "Tuple",
        "Deque",
        "DefaultDict",
        "OrderedDict",
        "Counter",
        "ChainMap",
    )
)

# A function that gives all values of an operand with its trailers in a context; None if some are unknown.
Chain = Callable[[Any, list[Any]], Any]


def is_understood(chain: Chain, context: Any, node: Any, depth: int = 0, *, is_deep: bool = False) -> bool:
    """True if every alternative of an annotation names a class that is found.

    With ``is_deep`` the arguments of generic classes must be understood too: ``list[Any]`` is understood
    without it, and is not understood with it.
    """
    if depth > DEPTH_MAX:
        return False
    if node.type == "keyword":
        return node.value == "None"
    if node.type == "string":
        reference = forward_reference(context, string_payload(node))
        return reference is not None and is_understood(
            chain, context, reference.children[0], depth + 1, is_deep=is_deep
        )
    if node.type == "name":
        return node.value not in _OPAQUE_NAMES and _is_class(chain, context, [node])
    if node.type == "expr" and all(each.value == "|" for each in node.children[1::2]):
        parts = node.children[::2]
        return all(is_understood(chain, context, each, depth + 1, is_deep=is_deep) for each in parts)
    if is_postfix(node) and node.children[-1].type == "trailer":
        return _is_understood_reference(chain, context, node, depth, is_deep)
    return is_deep and node.type == "operator" and node.value == "..."


def string_payload(node: Any) -> str:
    """The text between the quotation marks of a string."""
    text = str(node.value).lstrip("rRuUbBfF")
    mark = text[:3] if text[:3] in ('"""', "'''") else text[:1]
    return text[len(mark) : -len(mark)]


def _is_understood_reference(chain: Chain, context: Any, node: Any, depth: int, is_deep: bool) -> bool:
    last = node.children[-1]
    if last.children[0].value == ".":
        return last.children[1].value not in _OPAQUE_NAMES and _is_class(chain, context, [node])
    if last.children[0].value != "[":
        return False
    before = node.children[-2]
    base = before.children[1].value if before.type == "trailer" else getattr(before, "value", "")
    arguments = subscripts_of(last)
    if base in _WRAPPERS:
        inner = arguments if base == "Union" else arguments[:1]
        return all(is_understood(chain, context, each, depth + 1, is_deep=is_deep) for each in inner)
    if base in ("Type", "type"):
        return is_understood(chain, context, arguments[0], depth + 1)
    if base in _OPAQUE_NAMES or base == "Literal":
        return False
    parts = arguments if is_deep else []
    operand = list(node.children[:-1])
    is_generic = _is_typing_alias(chain, context, operand) or _is_class(chain, context, operand)
    return is_generic and all(is_understood(chain, context, each, depth + 1, is_deep=True) for each in parts)


def _is_typing_alias(chain: Chain, context: Any, operand: list[Any]) -> bool:
    """True for a name such as ``List``, which ``typing`` defines as a variable and not as a class."""
    *before, last = operand
    name = last.children[1] if last.type == "trailer" else last
    if getattr(name, "value", "") not in _TYPING_ALIASES:
        return False
    if before:
        owners = chain(context, before)
        return bool(owners) and all(value.is_module() and value.py__name__() == "typing" for value in owners)
    found = [each for names in context.goto(name, name.start_pos) for each in names.goto()]
    return bool(found) and all(each.get_root_context().py__name__() == "typing" for each in found)


def _is_class(chain: Chain, context: Any, operand: list[Any]) -> bool:
    found = chain(context, operand)
    return bool(found) and all(value.is_class() and not isinstance(value, TypeVar) for value in found)


def annotation_of(binding: Any) -> Any:
    """The annotation of the annotated assignment that binds a name; None if nothing annotates it there."""
    definition = binding.get_definition()
    if definition is None or definition.type != "expr_stmt" or definition.children[1].type != "annassign":
        return None
    return definition.children[1].children[1]


def is_membership(comparison: Any) -> bool:
    """True for ``in``, ``not in``, ``is`` and ``is not``, whose result is always a ``bool``."""
    operator = comparison.children[1]
    text = operator.value if hasattr(operator, "value") else operator.children[0].value
    return text in ("in", "is", "not")


def generic_arguments(annotation: Any) -> list[Any]:
    """The type arguments of an annotation, such as ``A`` and ``B`` of ``dict[A, B]``.

    ``Optional[…]``, ``… | None`` and wrappers such as ``Final[…]`` around it are ignored.
    """
    if annotation.type == "expr":
        parts = [each for each in annotation.children[::2] if each.get_code().strip() != "None"]
        return generic_arguments(parts[0]) if len(parts) == 1 else []
    if not is_postfix(annotation) or not is_trailer(annotation.children[-1], "["):
        return []
    arguments = subscripts_of(annotation.children[-1])
    is_wrapper = (
        annotation.children[0].get_code().strip().endswith(("Optional", "Annotated", "Final", "ClassVar"))
    )
    return generic_arguments(arguments[0]) if is_wrapper else arguments
