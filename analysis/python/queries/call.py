"""The call around the hole: its signatures, the parameter that the hole stands for, and the keywords
still free.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from inspect import Parameter as Inspected
from typing import Any, cast

from holesmith.analysis.answers import Call, Parameter, Signature
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.expression_values import Provenance
from holesmith.analysis.python.lookup.names import signatures_of
from holesmith.analysis.python.lookup.signature_check import takes_as_shown
from holesmith.analysis.python.parsing.inference_cache import kept_with
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.python.queries.members import inferred
from holesmith.analysis.questions import CallQuestion
from jedi.inference.value import ClassValue, FunctionValue
from jedi.inference.value.function import MethodValue, OverloadedFunctionValue
from jedi.inference.value.instance import BoundMethod

SIGNATURES_MAX = 20
_KEPT = "what calls take by holesmith"
_KEPT_KINDS = frozenset((ClassValue, FunctionValue, MethodValue, OverloadedFunctionValue))
_KINDS = ("positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword")


def call_at(project: JediProject, question: CallQuestion, deadline: Deadline) -> Call | None:
    """None if the hole is not in the arguments of a call."""
    filled = project.fill(question.source, question.offset)
    found = callee_of(filled.leaf)
    if found is None:
        return None
    callee, arguments = found
    index = position_at(arguments, filled.leaf)
    used = used_keywords(arguments, filled.leaf)
    return call_of(filled.context, callee, index, used, is_guessed=not question.only_complete)


def call_of(context: Any, callee: list[Any], index: int, used: set[str], *, is_guessed: bool) -> Call:
    """What ``callee`` takes behind ``index`` arguments without a name and the keywords ``used``."""
    values = Provenance().chain(context, callee, is_called=True)
    is_known = bool(values)
    if not is_known:
        values = inferred(context, callee) if is_guessed else ()
    callables = [_callable(context, value) for value in values]
    # A function with overloads in several branches comes once for each of them, with all overloads.
    shown = list(dict.fromkeys(each for callable_ in callables for each in callable_.signatures))
    is_complete = (
        is_known and 0 < len(shown) <= SIGNATURES_MAX and all(each.is_complete for each in callables)
    )
    signatures = tuple(
        replace(each, index=_position(each.parameters, index)) for each in shown[:SIGNATURES_MAX]
    )
    return Call(signatures, _free_keywords(signatures, used, index), is_complete)


@dataclass(frozen=True, slots=True)
class _Callable:
    """The signatures of one value, and whether it takes nothing but what they show."""

    signatures: tuple[Signature, ...]
    is_complete: bool


def _callable(context: Any, value: Any) -> _Callable:
    """What was found for a function or class of another file is kept with the inference state."""
    key = _key(context, value)
    if key is None:
        return _callable_anew(value)
    kept: dict[Any, _Callable] = kept_with(context.inference_state, _KEPT)
    if key not in kept:
        kept[key] = _callable_anew(value)
    return kept[key]


def _callable_anew(value: Any) -> _Callable:
    signatures = signatures_of(value)
    is_complete = not any(map(_takes_more, signatures)) and takes_as_shown(value)
    return _Callable(tuple(signature_of(each, None) for each in signatures), is_complete)


def _key(context: Any, value: Any) -> Any:
    """What values have in common that take the same; None for other kinds of values, where the document has a
    part in it, and where it is up to the instance of a method what its stars are passed on to.
    """
    is_bound = type(value) is BoundMethod
    plain = value._wrapped_value if is_bound else value  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    document = context.get_root_context().tree_node
    if type(plain) not in _KEPT_KINDS or plain.get_root_context().tree_node is document:
        return None
    functions = plain.get_signature_functions() if is_bound else ()
    has_stars = any(parameter.star_count for each in functions for parameter in each.tree_node.get_params())
    return None if has_stars else (type(plain), is_bound, plain.tree_node)


def _takes_more(signature: Any) -> bool:
    """Whether it may take more than is shown: ``**keywords``, or ``*arguments`` in whose place jedi shows
    what they are passed on to, which need not be all.
    """
    names, shown = (signature.get_param_names(resolve_stars=each) for each in (False, True))
    kinds = {name.get_kind() for name in names}
    is_replaced = [name.string_name for name in names] != [name.string_name for name in shown]
    return Inspected.VAR_KEYWORD in kinds or (Inspected.VAR_POSITIONAL in kinds and is_replaced)


def callee_of(leaf: Any) -> tuple[list[Any], list[Any]] | None:
    """The parts of the callee and the argument nodes of the innermost call around a leaf."""
    node = leaf
    while node.parent is not None:
        node = node.parent
        if node.type == "trailer" and node.children[0].value == "(" and node.children[0] is not leaf:
            siblings = node.parent.children
            callee = list(siblings[: siblings.index(node)])
            inner = node.children[1]
            arguments = inner.children[::2] if inner.type == "arglist" else [inner]
            return ([each for each in callee if each.type != "keyword"], list(arguments)) if callee else None
        if node.type in ("funcdef", "classdef", "lambdef", "suite", "file_input", "parameters"):
            return None
    return None


def callee_values(context: Any, callee: list[Any]) -> Any:
    """What is called, or what jedi thinks of it."""
    return Provenance().chain(context, callee) or inferred(context, callee)


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
    return Signature(signature.name.string_name, parameters, returns, _position(parameters, index))


def _parameter(name: Any) -> Parameter:
    text = name.to_string().lstrip("*")
    head, _, default = text.partition("=")
    annotation = head.partition(":")[2].strip()
    kind = cast("Any", _KINDS[int(name.get_kind())])
    return Parameter(name.string_name, kind, annotation or None, default.strip() or None)


def _position(parameters: tuple[Parameter, ...], index: int | None) -> int | None:
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


def _free_keywords(signatures: tuple[Signature, ...], used: set[str], positional: int) -> tuple[str, ...]:
    free: dict[str, None] = {}
    for signature in signatures:
        for position, parameter in enumerate(signature.parameters):
            if parameter.kind == "keyword_only" or (
                parameter.kind == "positional_or_keyword" and position >= positional
            ):
                free.setdefault(parameter.name)
    return tuple(name for name in free if name not in used)
