"""Predicates on nodes of parso's tree, and the parts of nodes without the separators."""

from typing import Any


def is_postfix(node: Any) -> bool:
    """True if a node is an operand with trailers, such as ``a.b``, ``f(x)`` and ``items[0]``.

    It may also begin with ``await`` or end in ``** x``.
    """
    return node.type in ("atom_expr", "power")


def is_trailer(node: Any, mark: str) -> bool:
    """True if a node is a trailer that begins with ``mark``: ``(`` of a call, ``[`` or ``.``."""
    return node.type == "trailer" and node.children[0].value == mark


def elements_of(node: Any, kind: str) -> list[Any]:
    """The elements of a node of type ``kind``, such as "arglist"; for another type the node itself."""
    return list(node.children[::2]) if node.type == kind else [node]


def arguments_of(trailer: Any) -> list[Any]:
    """The arguments of a call, given its trailer ``(…)``."""
    return elements_of(trailer.children[1], "arglist") if len(trailer.children) > 2 else []


def subscripts_of(trailer: Any) -> list[Any]:
    """The subscripts between the square brackets of a trailer ``[…]``."""
    return elements_of(trailer.children[1], "subscriptlist")


def class_arguments(classdef: Any) -> list[Any]:
    """The bases and keywords of a class statement."""
    arguments = classdef.get_super_arglist()
    return [] if arguments is None else elements_of(arguments, "arglist")


def is_keyword(argument: Any) -> bool:
    """True if an argument is ``name=value``; a generator and an assignment expression are positional."""
    return argument.type == "argument" and getattr(argument.children[1], "value", "") == "="


def is_unpacked(argument: Any) -> bool:
    """True if an argument is ``*values`` or ``**keywords``."""
    return argument.type == "argument" and argument.children[0].type == "operator"


def is_async(funcdef: Any) -> bool:
    """True if a function is defined with ``async def``."""
    return funcdef.parent.type in ("async_stmt", "async_funcdef")
