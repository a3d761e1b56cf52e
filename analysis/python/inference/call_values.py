"""Infer the results of a call: by the return annotation, as an instance of a class, or from all returns.

For example:
    def current(): return admin if is_admin else Guest()    # no annotation
    current().‸    →  the values of admin, and an instance of Guest
"""

from typing import Any

from holesmith.analysis.python.inference.decorators import (
    CALL_PRESERVING_DECORATORS,
    PROPERTY_DECORATORS,
    decorators_of,
)
from holesmith.analysis.python.inference.dynamic_attributes import has_plain_construction
from holesmith.analysis.python.inference.inference import Inference
from holesmith.analysis.python.parsing.parso_nodes import is_async
from jedi.inference.base_value import ValueSet

# Return statements of a function that are followed at most; with more, its result is unknown.
RETURNS_MAX = 20
_ODD_CLASSES = frozenset(("type", "object", "super", "property", "Mock", "MagicMock"))


def called(inference: Inference, callee: Any, is_awaited: bool) -> Any:
    """Return all results of calling one value, after ``await`` if ``is_awaited``; None if unknown."""
    if callee.is_class():
        if is_awaited:
            return inference.unknown("an awaited class")
        return _constructed(inference, callee)
    if not callee.is_function():
        return inference.unknown("a called instance")
    functions = list(callee.get_signature_functions())
    return inference.merge(returned(inference, each, callee, is_awaited) for each in functions)


def _constructed(inference: Inference, cls: Any) -> Any:
    if cls.py__name__() in _ODD_CLASSES or not has_plain_construction(cls):
        return inference.unknown("an unusual constructor")
    return cls.execute_with_values()


def returned(inference: Inference, function: Any, callee: Any, is_awaited: bool = False) -> Any:
    """Return all results of ``function``, one of the overloads of ``callee``; None if unknown."""
    node = getattr(function, "tree_node", None)
    if node is None or node.type != "funcdef":
        return inference.unknown("a compiled function")
    if is_async(node) != is_awaited:
        return inference.unknown("a coroutine")
    if not decorators_of(node) <= CALL_PRESERVING_DECORATORS | PROPERTY_DECORATORS:
        return inference.unknown("an unknown decorator")
    if node.annotation is not None:
        if node.annotation.get_code(include_prefix=False).endswith("Self"):
            return _receiver(inference, callee)
        return inference.annotated(function.parent_context, node.annotation)
    return _body_returns(inference, function, node)


def _receiver(inference: Inference, callee: Any) -> Any:
    """The value of ``Self``: the instance that the method is bound to, or an instance of the class."""
    receiver = getattr(callee, "instance", None) or getattr(callee, "owner", callee)
    if receiver.is_class():
        return receiver.execute_with_values()
    return ValueSet([receiver]) if receiver.is_instance() else inference.unknown("Self")


def _body_returns(inference: Inference, function: Any, node: Any) -> Any:
    if function.parent_context.is_stub() or node.is_generator():
        return inference.unknown("no return annotation")
    returns = list(node.iter_return_stmts())
    if not 0 < len(returns) <= RETURNS_MAX:
        return inference.unknown("no or too many returns")
    context = function.as_context()
    results = [each.children[1] for each in returns if each.type == "return_stmt"]
    if not results:
        return inference.unknown("returns nothing")
    return inference.merge(inference.values(context, each) for each in results)
