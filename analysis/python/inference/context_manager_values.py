"""Infer the values that ``with`` gives to its target.

For example:
    with path.open() as file:
        file.‸    →  the result of __enter__ of what path.open() returns

A function under ``@contextmanager`` gives what it is annotated to yield.
"""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.python.inference.annotations import generic_arguments
from holesmith.analysis.python.inference.bindings import bindings_of, class_bindings
from holesmith.analysis.python.inference.decorators import CONTEXT_MANAGER_DECORATORS, decorators_of
from holesmith.analysis.python.inference.inference import Inference
from holesmith.analysis.python.inference.value_classes import class_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer

# Imports that are followed from the name of a context manager to its definition, at most.
_NAMES_MAX = 8


def entered(inference: Inference, context: Any, manager: Any, *, is_async: bool) -> Any:
    """Return all values that ``with`` gets from the expression ``manager``; None if unknown.

    These are the results of ``__enter__`` or ``__aenter__``, or what a ``@contextmanager`` yields.
    """
    functions = list(_generators(inference, context, manager))
    if functions:
        return inference.merge(_yielded(inference, *each) for each in functions)
    managers = inference.values(context, manager)
    if not managers:
        return inference.unknown("the context manager is not known")
    name = "__aenter__" if is_async else "__enter__"
    return inference.merge(inference.call(inference.member(value, name), is_async) for value in managers)


def _yielded(inference: Inference, context: Any, function: Any) -> Any:
    arguments = generic_arguments(function.annotation) if function.annotation is not None else []
    if not arguments:
        return inference.unknown("what the context manager yields is not annotated")
    return inference.annotated(context, arguments[0])


def _generators(inference: Inference, context: Any, node: Any) -> Iterator[tuple[Any, Any]]:
    """The functions under ``@contextmanager`` that an expression calls, each with its annotation's context.

    Empty if the expression is no call, or may call anything else.
    """
    if not is_postfix(node) or not is_trailer(node.children[-1], "("):
        return
    callee = node.children[:-1]
    found = list(_named(context, callee[0]) if len(callee) == 1 else _methods(inference, context, callee))
    if all(_makes_manager(definition) for _, definition in found):
        yield from found


def _makes_manager(definition: Any) -> bool:
    return definition.type == "funcdef" and bool(decorators_of(definition) & CONTEXT_MANAGER_DECORATORS)


def _named(context: Any, name: Any) -> Iterator[tuple[Any, Any]]:
    if name.type != "name":
        return
    waiting = list(context.goto(name, name.start_pos))
    for _ in range(_NAMES_MAX):
        if not waiting:
            return
        found = waiting.pop()
        tree_name = getattr(found, "tree_name", None)
        definition = tree_name.get_definition(import_name_always=True) if tree_name is not None else None
        if definition is not None and definition.type in ("import_name", "import_from"):
            waiting += [each for each in found.goto() if each is not found]
        elif definition is not None and len(bindings_of(tree_name) or ()) == 1:
            yield found.parent_context, definition


def _methods(inference: Inference, context: Any, callee: list[Any]) -> Iterator[tuple[Any, Any]]:
    last = callee[-1]
    if not is_trailer(last, "."):
        return
    for value in inference.chain(context, callee[:-1]) or ():
        owner = class_of(value)
        for base in owner.py__mro__() if owner.is_class() else ():
            classdef = getattr(base, "tree_node", None)
            if classdef is None or classdef.type != "classdef":
                continue
            bindings = list(class_bindings(classdef, last.children[1].value))
            yield from ((base.as_context(), each.get_definition()) for each in bindings)
            if bindings:
                break
