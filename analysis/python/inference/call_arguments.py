"""The arguments of a call in parso's tree."""

from typing import Any


def arguments_of(trailer: Any) -> list[Any]:
    """The nodes between the brackets, without the commas."""
    if len(trailer.children) == 2:
        return []
    inner = trailer.children[1]
    return list(inner.children[::2]) if inner.type == "arglist" else [inner]


def is_keyword(argument: Any) -> bool:
    """Whether it is ``name=value``; a generator and an assignment expression are positional."""
    return argument.type == "argument" and getattr(argument.children[1], "value", "") == "="


def is_unpacked(argument: Any) -> bool:
    """Whether it is ``*values`` or ``**keywords``."""
    return argument.type == "argument" and argument.children[0].type == "operator"
