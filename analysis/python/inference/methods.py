"""The functions of classes as values of jedi, bound to the class or instance they were looked up on."""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.python.inference.bindings import scope_of
from holesmith.analysis.python.parsing.jedi_internals import wrapped_value
from jedi.inference.base_value import ValueWrapper
from jedi.inference.value.function import FunctionValue
from jedi.inference.value.instance import BoundMethod


class ClassMethod(ValueWrapper):
    """A function of a class, bound to the class that it was looked up in."""

    def __init__(self, function: Any, owner: Any) -> None:
        super().__init__(function)
        self.owner = owner

    def get_signatures(self) -> list[Any]:
        return [signature.bind(self) for signature in wrapped_value(self).get_signatures()]


def functions_of(owner: Any, function: Any) -> Iterator[Any]:
    """The function values of a definition in the body of a class or of one of its bases."""
    for base in owner.py__mro__():
        if getattr(base, "tree_node", None) is scope_of(function):
            yield FunctionValue.from_context(base.as_context(), function)


def methods_of(value: Any, owner: Any, function: Any) -> Iterator[Any]:
    """The values of a plain method: functions on a class, and bound methods on an instance."""
    return functions_of(owner, function) if value.is_class() else bound_methods(value, owner, function)


def bound_methods(instance: Any, owner: Any, function: Any) -> Iterator[Any]:
    """The values of a method bound to an instance."""
    for each in functions_of(owner, function):
        yield BoundMethod(instance, each.parent_context, each)
