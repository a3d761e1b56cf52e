"""The interface through which the files of this folder call each other, within one inference.

``ValueInference`` in ``expression_values`` implements it.
"""

from collections.abc import Iterable
from typing import Any, Protocol


class Inference(Protocol):
    """One inference of an expression.

    Results are ``ValueSet``s of jedi. None means "unknown": there may be values that we do not know.
    ``parametrised`` has the instances of generic classes all of whose type arguments are understood.
    """

    parametrised: set[Any]

    def values(self, context: Any, node: Any) -> Any:
        """All values of an expression."""
        ...

    def chain(self, context: Any, children: list[Any], is_awaited: bool = False) -> Any:
        """All values of a postfix expression, given as its first operand and its trailers."""
        ...

    def annotated(self, context: Any, annotation: Any) -> Any:
        """The instances that an annotation allows."""
        ...

    def assigned(self, context: Any, binding: Any, statement: Any) -> Any:
        """All values that an assignment gives to one of its targets."""
        ...

    def member(self, value: Any, name: str) -> Any:
        """All values of an attribute of a value."""
        ...

    def call(self, callees: Any, is_awaited: bool = False) -> Any:
        """All results of calling some values."""
        ...

    def merge(self, parts: Iterable[Any]) -> Any:
        """The union of the parts; None if one of them is None."""
        ...

    def unknown(self, reason: str) -> None:
        """Return None; the first reason given is kept, to explain why a list is not complete."""
        ...
