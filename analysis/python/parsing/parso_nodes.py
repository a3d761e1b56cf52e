"""What nodes of parso's tree are, and their parts without the separators."""

from typing import Any


def is_postfix(node: Any) -> bool:
    """Whether a node is an operand with trailers, such as ``a.b``, ``f(x)`` and ``items[0]``.

    It may also begin with ``await`` or end in ``** x``.
    """
    return node.type in ("atom_expr", "power")


def is_trailer(node: Any, mark: str) -> bool:
    """Whether a node is the ``(…)``, ``[…]`` or ``.name`` behind an operand; ``mark`` is how it begins."""
    return node.type == "trailer" and node.children[0].value == mark


def elements_of(node: Any, kind: str) -> list[Any]:
    """The elements of a list of this kind, such as "arglist"; of any other node the node itself."""
    return list(node.children[::2]) if node.type == kind else [node]


def arguments_of(trailer: Any) -> list[Any]:
    """The arguments of a call, whose trailer is given."""
    return elements_of(trailer.children[1], "arglist") if len(trailer.children) > 2 else []


def subscripts_of(trailer: Any) -> list[Any]:
    """What stands between the square brackets of a trailer."""
    return elements_of(trailer.children[1], "subscriptlist")


def class_arguments(classdef: Any) -> list[Any]:
    """The bases and keywords of a class statement."""
    arguments = classdef.get_super_arglist()
    return [] if arguments is None else elements_of(arguments, "arglist")


def is_keyword(argument: Any) -> bool:
    """Whether an argument is ``name=value``; a generator and an assignment expression are positional."""
    return argument.type == "argument" and getattr(argument.children[1], "value", "") == "="


def is_unpacked(argument: Any) -> bool:
    """Whether an argument is ``*values`` or ``**keywords``."""
    return argument.type == "argument" and argument.children[0].type == "operator"


def is_async(funcdef: Any) -> bool:
    """Whether a function is defined with ``async def``."""
    return funcdef.parent.type in ("async_stmt", "async_funcdef")
