"""The parts of a call in the code: callee, arguments, and the parameter that an argument is for."""

from collections.abc import Iterable
from typing import Any, cast

from holesmith.analysis.answers import Parameter, Signature
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.receivers import inferred
from holesmith.analysis.python.parsing.parso_nodes import arguments_of, is_trailer

_KINDS = ("positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword")


def callee_of(leaf: Any) -> tuple[list[Any], list[Any]] | None:
    """The parts of the callee and the argument nodes of the innermost call around a leaf."""
    node = leaf
    while node.parent is not None:
        node = node.parent
        if is_trailer(node, "(") and node.children[0] is not leaf:
            siblings = node.parent.children
            before = siblings[: siblings.index(node)]
            callee = [each for each in before if each.type != "keyword"]
            return (callee, arguments_of(node)) if before else None
        if node.type in ("funcdef", "classdef", "lambdef", "suite", "file_input", "parameters"):
            return None
    return None


def callee_values(context: Any, callee: list[Any]) -> Any:
    """What is called, or what jedi thinks of it."""
    return ValueInference().chain(context, callee) or inferred(context, callee)


def argument_index(arguments: list[Any], leaf: Any) -> int:
    return next((i for i, each in enumerate(arguments) if each.start_pos <= leaf.start_pos < each.end_pos), 0)


def position_at(arguments: list[Any], leaf: Any) -> int:
    """How many positional arguments stand before the hole."""
    before = arguments[: argument_index(arguments, leaf)]
    return sum(1 for each in before if each.type != "argument" or each.children[0].type == "operator")


def keyword_at(arguments: list[Any], leaf: Any) -> str | None:
    """The keyword in ``f(name=‸``."""
    argument = arguments[argument_index(arguments, leaf)] if arguments else None
    if argument is not None and argument.type == "argument" and argument.children[1].value == "=":
        name = argument.children[0]
        return str(name.value) if name is not leaf else None
    return None


def used_keywords(arguments: Iterable[Any], leaf: Any) -> set[str]:
    return {
        each.children[0].value
        for each in arguments
        if each.type == "argument" and each.children[0].type == "name" and each.children[0] is not leaf
    }


def signature_of(signature: Any, index: int | None) -> Signature:
    names = signature.get_param_names(resolve_stars=True)
    parameters = tuple(_parameter(name) for name in names)
    returns = signature.annotation_string or None
    return Signature(signature.name.string_name, parameters, returns, position_of(parameters, index))


def _parameter(name: Any) -> Parameter:
    text = name.to_string().lstrip("*")
    head, _, default = text.partition("=")
    annotation = head.partition(":")[2].strip()
    kind = cast("Any", _KINDS[int(name.get_kind())])
    return Parameter(name.string_name, kind, annotation or None, default.strip() or None)


def position_of(parameters: tuple[Parameter, ...], index: int | None) -> int | None:
    if index is None:
        return None
    for position, parameter in enumerate(parameters):
        if parameter.kind == "var_positional":
            return position
        if parameter.kind in ("keyword_only", "var_keyword"):
            return None
        if position == index:
            return position
    return None
