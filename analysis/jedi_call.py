"""The call around the hole: its signatures, the parameter that the hole stands for, and the keywords
still free.
"""

from collections.abc import Iterable
from inspect import Parameter as Inspected
from typing import Any, cast

from holesmith.analysis.answers import Call, Parameter, Signature
from holesmith.analysis.call_check import takes_as_shown
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.jedi_project import JediProject
from holesmith.analysis.jedi_symbols import signatures_of
from holesmith.analysis.provenance import Provenance
from holesmith.analysis.questions import CallQuestion

SIGNATURES_MAX = 20
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
    values, is_known = callee_values(context, callee, is_guessed=is_guessed)
    signatures = [each for value in values for each in signatures_of(value)][:SIGNATURES_MAX]
    plain = tuple(signature_of(each, index) for each in signatures)
    free = _free_keywords(plain, used, index)
    is_complete = is_known and bool(plain) and not any(_takes_more(each) for each in signatures)
    return Call(plain, free, is_complete and all(takes_as_shown(value) for value in values))


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


def callee_values(context: Any, callee: list[Any], *, is_guessed: bool = True) -> tuple[Any, bool]:
    """What is called, and whether it can be nothing else. Nothing if that is not known and not guessed."""
    from holesmith.analysis.jedi_members import inferred

    values = Provenance().chain(context, callee)
    if values:
        return values, True
    return (inferred(context, callee) if is_guessed else ()), False


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
