"""What the parts of one inference of an expression ask of each other; ``expression_values`` implements
it."""

from collections.abc import Iterable
from typing import Any, Protocol


class Inference(Protocol):
    """Values are jedi's ``ValueSet``; None stands for "may also be something that is not in it".

    ``parametrised`` are instances of generic classes all of whose type arguments are understood.
    """

    parametrised: set[Any]

    def values(self, context: Any, node: Any) -> Any:
        """Of an expression."""
        ...

    def chain(self, context: Any, children: list[Any], is_awaited: bool = False) -> Any:
        """Of a postfix expression given as its first operand and its trailers."""
        ...

    def annotated(self, context: Any, annotation: Any) -> Any:
        """The instances that an annotation allows."""
        ...

    def assigned(self, context: Any, binding: Any, statement: Any) -> Any:
        """What an assignment gives to one of its targets."""
        ...

    def member(self, value: Any, name: str) -> Any:
        """Of an attribute of a value."""
        ...

    def call(self, callees: Any, is_awaited: bool = False) -> Any:
        """Of a call."""
        ...

    def merge(self, parts: Iterable[Any]) -> Any:
        """All parts together; None if one of them is."""
        ...

    def unknown(self, reason: str) -> None:
        """Note the first reason for a None."""
        ...
