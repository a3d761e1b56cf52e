"""The signatures of values that are called, and the proof that they take no other arguments."""

from dataclasses import replace
from inspect import Parameter as Inspected
from typing import Any

from holesmith.analysis.answers import Call, Signature
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.call_sites import position_of, signature_of
from holesmith.analysis.python.lookup.names import signatures_of
from holesmith.analysis.python.lookup.receivers import inferred
from holesmith.analysis.python.lookup.signature_check import takes_as_shown
from holesmith.analysis.python.parsing.jedi_internals import wrapped_value
from holesmith.analysis.python.parsing.project_memo import CallSignatures, project_memo
from jedi.inference.value import ClassValue, FunctionValue
from jedi.inference.value.function import MethodValue, OverloadedFunctionValue
from jedi.inference.value.instance import BoundMethod

# Signatures in an answer at most; more of them, from overloads, make the answer incomplete.
SIGNATURES_MAX = 20


_KEPT_KINDS = frozenset((ClassValue, FunctionValue, MethodValue, OverloadedFunctionValue))


def call_of(context: Any, callee: list[Any], index: int, used: set[str], *, allow_incomplete: bool) -> Call:
    """Return the call of ``callee`` with ``index`` positional arguments and the keywords ``used`` given.

    ``callee`` is the first operand and its trailers. With ``allow_incomplete``, jedi's guess stands in for
    values that are not known for certain; without it the call then has no signatures.
    """
    values = ValueInference().chain(context, callee, is_called=True)
    is_known = bool(values)
    if not is_known:
        values = inferred(context, callee) if allow_incomplete else ()
    callables = [_callable(context, value) for value in values]
    # If several branches define a function with overloads, jedi gives a value for each branch, each with all
    # overloads.
    shown = list(dict.fromkeys(each for callable_ in callables for each in callable_.signatures))
    is_complete = (
        is_known and 0 < len(shown) <= SIGNATURES_MAX and all(each.is_complete for each in callables)
    )
    signatures = tuple(
        replace(each, index=position_of(each.parameters, index)) for each in shown[:SIGNATURES_MAX]
    )
    return Call(signatures, _free_keywords(signatures, used, index), is_complete)


def _callable(context: Any, value: Any) -> CallSignatures:
    """The signatures of a value; those of functions and classes of other files are memoised."""
    key = _key(context, value)
    if key is None:
        return _callable_anew(value)
    kept = project_memo(context.inference_state).call_signatures
    if key not in kept:
        kept[key] = _callable_anew(value)
    return kept[key]


def _callable_anew(value: Any) -> CallSignatures:
    signatures = signatures_of(value)
    is_complete = not any(map(_takes_more, signatures)) and takes_as_shown(value)
    return CallSignatures(tuple(signature_of(each, None) for each in signatures), is_complete)


def _key(context: Any, value: Any) -> Any:
    """A key that values with the same signatures share; None if the signatures must not be memoised.

    These are signatures of other kinds of values, those of the document itself, and those of a bound method
    with ``*arguments`` or ``**keywords``, because it depends on the instance where they are passed on.
    """
    is_bound = type(value) is BoundMethod
    plain = wrapped_value(value) if is_bound else value
    document = context.get_root_context().tree_node
    if type(plain) not in _KEPT_KINDS or plain.get_root_context().tree_node is document:
        return None
    functions = plain.get_signature_functions() if is_bound else ()
    has_stars = any(parameter.star_count for each in functions for parameter in each.tree_node.get_params())
    return None if has_stars else (type(plain), is_bound, plain.tree_node)


def _takes_more(signature: Any) -> bool:
    """True if a callable may take arguments that its signature does not show.

    So it is with ``**keywords``, and with ``*arguments`` that jedi replaces by the parameters of the function
    to which they are passed on: there may be other such functions.
    """
    names, shown = (signature.get_param_names(resolve_stars=each) for each in (False, True))
    kinds = {name.get_kind() for name in names}
    is_replaced = [name.string_name for name in names] != [name.string_name for name in shown]
    return Inspected.VAR_KEYWORD in kinds or (Inspected.VAR_POSITIONAL in kinds and is_replaced)


def _free_keywords(signatures: tuple[Signature, ...], used: set[str], positional: int) -> tuple[str, ...]:
    free: dict[str, None] = {}
    for signature in signatures:
        for position, parameter in enumerate(signature.parameters):
            if parameter.kind == "keyword_only" or (
                parameter.kind == "positional_or_keyword" and position >= positional
            ):
                free.setdefault(parameter.name)
    return tuple(name for name in free if name not in used)
