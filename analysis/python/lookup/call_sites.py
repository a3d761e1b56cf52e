"""The parts of a call in the code: its callee, its arguments, and the parameter that an argument is for.

For example:
    shop.find(name, ‸)    →  callee [shop, .find]; one positional argument before the hole
"""

from collections.abc import Iterable
from typing import Any, cast

from holesmith.analysis.answers import Parameter, Signature
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.receivers import inferred
from holesmith.analysis.python.parsing.parso_nodes import arguments_of, is_trailer

_KINDS = ("positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword")


def callee_of(leaf: Any) -> tuple[list[Any], list[Any]] | None:
    """Return the innermost call around a leaf as the parts of its callee and the nodes of its arguments.

    None if the leaf is not in the arguments of a call.
    """
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
    """All values of a callee; if they are not known for certain, the values that jedi infers."""
    return ValueInference().chain(context, callee) or inferred(context, callee)


def argument_index(arguments: list[Any], leaf: Any) -> int:
    """The index of the argument that holds a leaf; 0 if none does."""
    return next((i for i, each in enumerate(arguments) if each.start_pos <= leaf.start_pos < each.end_pos), 0)


def position_at(arguments: list[Any], leaf: Any) -> int:
    """The number of positional arguments before the one that holds the leaf."""
    before = arguments[: argument_index(arguments, leaf)]
    return sum(1 for each in before if each.type != "argument" or each.children[0].type == "operator")


def keyword_at(arguments: list[Any], leaf: Any) -> str | None:
    """The keyword of the argument that holds the leaf, as in ``f(name=‸``; None without a keyword."""
    argument = arguments[argument_index(arguments, leaf)] if arguments else None
    if argument is not None and argument.type == "argument" and argument.children[1].value == "=":
        name = argument.children[0]
        return str(name.value) if name is not leaf else None
    return None


def used_keywords(arguments: Iterable[Any], leaf: Any) -> set[str]:
    """The keywords of the arguments; not the leaf itself, which may be a keyword that is being written."""
    return {
        each.children[0].value
        for each in arguments
        if each.type == "argument" and each.children[0].type == "name" and each.children[0] is not leaf
    }


def signature_of(signature: Any, index: int | None) -> Signature:
    """Turn a signature of jedi's into plain data; the hole is the positional argument number ``index``."""
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
    """The position of the parameter for positional argument number ``index``; None if there is none."""
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
