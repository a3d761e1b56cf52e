"""The functions of classes as jedi values, bound to what they were looked up on."""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.bindings import scope_of
from jedi.inference.base_value import ValueWrapper
from jedi.inference.value.function import FunctionValue
from jedi.inference.value.instance import BoundMethod

# What may stand above a function without changing what a call of it gives.
TRANSPARENT_DECORATORS = frozenset(
    (
        "staticmethod",
        "classmethod",
        "abstractmethod",
        "override",
        "final",
        "overload",
        "cache",
        "lru_cache",
        "wraps",
    )
)
PROPERTY_DECORATORS = frozenset(("property", "cached_property", "abstractproperty"))


class ClassMethod(ValueWrapper):
    """A function of a class, bound to the class that it was looked up in."""

    def __init__(self, function: Any, owner: Any) -> None:
        super().__init__(function)
        self.owner = owner

    def get_signatures(self) -> list[Any]:
        return [signature.bind(self) for signature in self._wrapped_value.get_signatures()]


def functions_of(owner: Any, function: Any) -> Iterator[Any]:
    """The function value of a definition in the body of a class or of one of its bases."""
    for base in owner.py__mro__():
        if getattr(base, "tree_node", None) is scope_of(function):
            yield FunctionValue.from_context(base.as_context(), function)


def bound_methods(instance: Any, owner: Any, function: Any) -> Iterator[Any]:
    for each in functions_of(owner, function):
        yield BoundMethod(instance, each.parent_context, each)
