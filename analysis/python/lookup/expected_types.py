"""Find the type that the code around a hole expects there, as an annotation or as values of that type.

For example:
    def scale(size: float): ...
    scale(‸)    →  float, from the annotation of parameter size of scale

This is the analytic position of bidirectional typing ("Statically Contextualizing Large Language Models with
Typed Holes", ChatLSP, 2024): the type comes from the code outside the hole. Annotations of parameters,
results and variables come first, then defaults and the other operand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holesmith.analysis.python.inference.annotations import annotation_of, generic_arguments
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.inference.value_classes import is_none
from holesmith.analysis.python.lookup.call_sites import (
    argument_index,
    callee_of,
    callee_values,
    keyword_at,
    signature_of,
)
from holesmith.analysis.python.lookup.names import signatures_of, type_text
from holesmith.analysis.python.parsing.jedi_internals import typed_dict_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer, subscripts_of
from holesmith.analysis.python.project import FilledHole
from jedi.inference.gradual.annotation import infer_annotation

# Nodes that are gone up from the hole, at most.
STEPS_MAX = 60
# Overloads of a callee that are looked at, at most.
SIGNATURES_MAX = 20
_TYPE_VARIABLE = re.compile(r"_?[A-Z][A-Z0-9]{0,3}\d?(?:_co|_contra)?|_[A-Z]\w*T(?:_co|_contra)?")
_SCOPES = frozenset(("file_input", "suite", "simple_stmt", "classdef", "lambdef"))
_FIXED = {"raise_stmt": "BaseException", "except_clause": "type[BaseException]"}
_TRANSPARENT = frozenset(("atom", "test", "or_test", "and_test", "namedexpr_test"))
_BOOLEAN = frozenset(("if_stmt", "while_stmt", "assert_stmt", "not_test", "comp_if"))


@dataclass(frozen=True, slots=True)
class Expectation:
    """The type that a hole should have.

    ``text`` is the type as source code, and ``origin`` says where it comes from. ``annotation`` is the node
    of the annotation, whose names belong to ``context``; ``values`` are instances of the type. Annotation and
    values may be None.
    """

    text: str
    origin: str
    context: Any = None
    annotation: Any = None
    values: Any = None


def expectation_at(filled: FilledHole) -> Expectation | None:
    """Return the expectation at the hole; None if any type would do."""
    if filled.hole.kind == "comment":
        return None
    leaf = filled.leaf
    return _of_node(filled, leaf.parent if leaf.type == "fstring_string" else leaf, 0)


def _of_node(filled: FilledHole, node: Any, steps: int) -> Expectation | None:
    """The type that the parent of a node expects; a parent that only passes on its value is skipped."""
    parent = node.parent
    if parent is None or steps > STEPS_MAX or parent.type in _SCOPES:
        return None
    if is_container(parent):
        return _element(filled, parent, node, steps)
    if parent.type in _TRANSPARENT and not (parent.type == "test" and node is parent.children[2]):
        return _of_node(filled, parent, steps + 1)
    rule = _RULES.get(parent.type)
    return rule(filled, parent, node) if rule else _fixed(parent)


def is_container(node: Any) -> bool:
    """True if the node holds the elements of a list, set, dictionary or tuple."""
    is_display = node.type == "atom" and node.children[0].value in ("[", "{")
    return is_display or node.type in ("dictorsetmaker", "testlist_comp", "testlist_star_expr", "testlist")


def _fixed(parent: Any) -> Expectation | None:
    if parent.type in _FIXED:
        return Expectation(_FIXED[parent.type], f"{parent.type.split('_')[0]} statement")
    if parent.type in _BOOLEAN or parent.type == "test":
        return Expectation("bool", "condition")
    return Expectation("str", "f-string") if parent.type == "fstring_expr" else None


def _iterated(filled: FilledHole, loop: Any, node: Any) -> Expectation | None:
    """An iterable behind ``for … in``; its elements have the type of the target's annotation, if any."""
    if node is not loop.children[3]:
        return None
    is_async = loop.parent.type in ("async_stmt", "comp_for")
    protocol = "AsyncIterable" if is_async else "Iterable"
    return _protocol(filled, protocol, loop.children[1], "for statement")


def _managed(filled: FilledHole, statement: Any, node: Any) -> Expectation | None:
    """A context manager behind ``with``; it gives the type of the target's annotation, if any."""
    is_item = statement.type == "with_item"
    with_stmt = statement.parent if is_item else statement
    is_async = with_stmt.parent.type == "async_stmt"
    protocol = "AbstractAsyncContextManager" if is_async else "AbstractContextManager"
    return _protocol(filled, protocol, statement.children[2] if is_item else None, "with statement")


def _protocol(filled: FilledHole, protocol: str, target: Any, origin: str) -> Expectation:
    annotation = _declaration_of(target) if target is not None else None
    inner = _annotated(filled.context, annotation, origin)
    if inner is None:
        return Expectation(protocol, origin)
    return Expectation(f"{protocol}[{inner.text}]", origin, inner.context, inner.annotation)


def _awaited(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    if parent.children[0].value != "await":
        return None
    result = _of_node(filled, parent, 1)
    if result is None:
        return Expectation("Awaitable", "await")
    return Expectation(
        f"Awaitable[{result.text}]", f"await: {result.origin}", result.context, result.annotation
    )


def _annotated(context: Any, annotation: Any, origin: str) -> Expectation | None:
    if annotation is None:
        return None
    wrapped = _wrapped(annotation)
    if wrapped is not None:
        return _annotated(context, wrapped, origin)
    text = str(annotation.get_code(include_prefix=False)).strip()
    if annotation.type == "string":
        text = text.strip("rRuUbB").strip("\"'")
    if text == "LiteralString":
        text = "str"
    if text in ("Any", "object", "typing.Any", "t.Any"):
        return None
    values = infer_annotation(context, annotation).execute_annotation(context)
    return Expectation(text, origin, context, annotation, values)


def _wrapped(annotation: Any) -> Any:
    """The type inside ``Annotated[…]``, ``Final[…]`` and the like; None for a type that is not wrapped."""
    if not is_postfix(annotation) or not is_trailer(annotation.children[-1], "["):
        return None
    before = annotation.children[-2]
    name = before.children[-1].value if before.type == "trailer" else getattr(before, "value", "")
    if name not in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"):
        return None
    return subscripts_of(annotation.children[-1])[0]


def _of_values(values: Any, origin: str) -> Expectation | None:
    some = [value for value in values or () if not is_none(value)]
    text = type_text(some)
    return Expectation(text, origin, values=some) if text else None


def _argument(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    found = callee_of(filled.leaf)
    if found is None:
        return None
    callee, arguments = found
    values = callee_values(filled.context, callee)
    keyword = keyword_at(arguments, filled.leaf)
    index = argument_index(arguments, filled.leaf)
    for value in values:
        for signature in signatures_of(value)[:SIGNATURES_MAX]:
            expectation = _parameter(signature, index, keyword)
            if expectation:
                return _without_type_variables(expectation, value)
    return None


def _without_type_variables(expectation: Expectation, callee: Any) -> Expectation | None:
    """Replace a type variable by the type argument of the receiver's class.

    None if the type argument is not known: any type would do then.
    """
    if expectation.annotation is None or expectation.annotation.type != "name":
        return expectation
    name = expectation.annotation.value
    given = _class_arguments(callee)
    if name in given:
        return _of_values(given[name].execute_annotation(None), expectation.origin)
    # jedi does not find many type variables of stubs, so they are recognised by their usual names.
    return None if not expectation.values and _TYPE_VARIABLE.fullmatch(name) else expectation


def _class_arguments(callee: Any) -> dict[str, Any]:
    """The type arguments of the receiver of a called method, by the names of the type variables."""
    instance = getattr(callee, "instance", None)
    owner = instance.py__class__() if instance is not None else None
    if owner is None or not hasattr(owner, "get_generics") or not hasattr(owner, "list_type_vars"):
        return {}
    return dict(
        zip((each.py__name__() for each in owner.list_type_vars()), owner.get_generics(), strict=False)
    )


def _parameter(signature: Any, index: int, keyword: str | None) -> Expectation | None:
    names = signature.get_param_names(resolve_stars=True)
    position = signature_of(signature, index).parameters
    chosen = None
    if keyword is not None:
        chosen = next((name for name in names if name.string_name == keyword), None)
    else:
        plain = signature_of(signature, index).index
        chosen = names[plain] if plain is not None and plain < len(position) else None
    if chosen is None:
        return None
    origin = f"parameter {chosen.string_name} of {signature.name.string_name}"
    node = getattr(chosen, "annotation_node", None)
    if node is not None:
        return _annotated(chosen.parent_context, node, f"annotation of {origin}")
    return _of_values(chosen.infer_default(), f"default of {origin}")


def _returned(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    function = node.search_ancestor("funcdef")
    if function is None or function.annotation is None:
        return None
    context = filled.module_context.create_context(function)
    if parent.type == "yield_expr" or function.is_generator():
        arguments = generic_arguments(function.annotation)
        return _annotated(context, arguments[0] if arguments else None, "annotation of what is yielded")
    return _annotated(context, function.annotation, f"return annotation of {function.name.value}")


def _assigned(filled: FilledHole, statement: Any, node: Any) -> Expectation | None:
    target = statement.children[0]
    if node is target:
        return None
    name = _target_name(target)
    if name is None:
        return None
    annotation = _declaration_of(target)
    if annotation is not None:
        return _annotated(filled.context, annotation, f"annotation of {name.value}")
    receiver = list(target.children) if is_postfix(target) else [target]
    values = ValueInference(ignored=statement).chain(filled.context, receiver)
    return _of_values(values, f"other values of {name.value}") if values else None


def _target_name(target: Any) -> Any:
    name = target.children[-1].children[-1] if is_postfix(target) else target
    return name if name.type == "name" else None


def _declaration_of(target: Any) -> Any:
    """The annotation of a target, at any assignment or declaration in its scope; None without one."""
    name = _target_name(target)
    if name is None:
        return None
    for each in name.get_root_node().get_used_names().get(name.value, ()):
        annotation = annotation_of(each) if each.is_definition() else None
        if annotation is not None and _same_target(each, name):
            return annotation
    return None


def _same_target(definition: Any, name: Any) -> bool:
    """True if an annotated name is the assigned one: in the same scope, or an attribute in the same class."""
    if name.parent.type == "trailer":
        return name.search_ancestor("classdef") is definition.search_ancestor("classdef")
    return name.search_ancestor("funcdef", "classdef") is definition.search_ancestor("funcdef", "classdef")


def _operand(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    children = parent.children
    position = children.index(node)
    other = children[position - 2] if position >= 2 else children[position + 2]
    operator = children[position - 1] if position >= 2 else children[position + 1]
    text = operator.get_code(include_prefix=False).strip()
    values = ValueInference().values(filled.context, other) or filled.context.infer_node(other)
    if text in ("in", "not in"):
        return Expectation("Container", "operand of in") if position >= 2 else None
    return _of_values(values, f"other operand of {text}")


def _subscript(filled: FilledHole, trailer: Any, node: Any) -> Expectation | None:
    siblings = trailer.parent.children
    container = list(siblings[: siblings.index(trailer)])
    values = ValueInference().chain(filled.context, container)
    for value in values or ():
        cls = value.py__class__()
        name = cls.py__name__()
        typed_dict = typed_dict_of(value)
        if typed_dict is not None:
            return Expectation("str", f"key of {typed_dict.py__name__()}", values=values)
        if name in ("list", "tuple", "str", "bytes", "List", "Tuple", "Sequence"):
            return Expectation("int | slice", f"index of {name}")
        generics = getattr(cls, "get_generics", lambda: ())()
        if name in ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict") and generics:
            return _of_values(generics[0].execute_annotation(None), f"key of {name}")
    return None


def _element(filled: FilledHole, parent: Any, node: Any, steps: int) -> Expectation | None:
    """The element type of the type that the container around the hole is expected to have."""
    container = parent if parent.type == "atom" or parent.parent.type != "atom" else parent.parent
    outer = _of_node(filled, container, steps + 1)
    if outer is None or outer.annotation is None:
        return None
    arguments = generic_arguments(outer.annotation)
    if not arguments:
        return None
    is_tuple = (
        parent.type.startswith("testlist") and container.children[0].value == "("
    ) or container is parent
    position = parent.children.index(node) // 2 if parent.type != "atom" else 0
    if parent.type == "dictorsetmaker" and ":" in [getattr(each, "value", "") for each in parent.children]:
        position = position % 2
    elif not (is_tuple and parent.type.startswith("testlist")):
        position = 0
    chosen = arguments[min(position, len(arguments) - 1)]
    return _annotated(outer.context, chosen, f"element of {outer.text}")


def _trailer(filled: FilledHole, trailer: Any, node: Any) -> Expectation | None:
    mark = trailer.children[0].value
    if mark == "(":
        return _argument(filled, trailer, node)
    return _subscript(filled, trailer, node) if mark == "[" else None


def _annotated_variable(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    is_value = node is not parent.children[1]
    return _annotated(filled.context, parent.children[1], "annotation of the variable") if is_value else None


def _default(filled: FilledHole, parent: Any, node: Any) -> Expectation | None:
    return _annotated(filled.context, parent.annotation, "annotation of the parameter")


_RULES: dict[str, Callable[[FilledHole, Any, Any], Expectation | None]] = {
    "argument": _argument,
    "arglist": _argument,
    "trailer": _trailer,
    "return_stmt": _returned,
    "yield_expr": _returned,
    "annassign": _annotated_variable,
    "expr_stmt": _assigned,
    "param": _default,
    "comparison": _operand,
    "arith_expr": _operand,
    "term": _operand,
    "for_stmt": _iterated,
    "sync_comp_for": _iterated,
    "with_stmt": _managed,
    "with_item": _managed,
    "atom_expr": _awaited,
    "power": _awaited,
}


_NAME = re.compile(r"[^\W\d]\w*")


_NOT_TYPES = frozenset(
    ("None", "Optional", "Union", "Annotated", "Final", "ClassVar", "typing", "t", "collections", "abc")
)


def type_names(text: str) -> tuple[str, ...]:
    """The class names in a type, outermost first, without wrappers: ``Optional[Path]`` → ``Path``."""
    names = dict.fromkeys(_NAME.findall(re.sub(r"Literal\[[^\]]*\]", "Literal", text)))
    return tuple(name for name in names if name not in _NOT_TYPES)
