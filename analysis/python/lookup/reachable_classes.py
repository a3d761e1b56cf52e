"""Find the classes that can be reached from a type through the text of its classes.

From a class these are the classes in the annotations of its fields, its bases, and the classes in the
annotations of the parameters of ``__init__``.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.expected_types import Expectation
from holesmith.analysis.python.parsing.parso_nodes import is_trailer

# Classes that are given at most, nearest first.
DEFINITIONS_MAX = 20


_WELL_KNOWN = frozenset(
    ("builtins", "typing", "typing_extensions", "collections.abc", "abc", "types", "_typeshed")
)


def reachable(expectation: Expectation, deadline: Deadline) -> Iterator[Any]:
    """Yield the classes reachable from an expected type as jedi's values, breadth first."""
    queue: deque[Any] = deque(classes_of(expectation))
    seen: set[Any] = set()
    while queue and len(seen) < DEFINITIONS_MAX and not deadline.is_near():
        cls = queue.popleft()
        node = getattr(cls, "tree_node", None)
        if node is None or node.type != "classdef" or node in seen or _is_well_known(cls):
            continue
        seen.add(node)
        yield cls
        queue.extend(_neighbours(cls))


def classes_of(expectation: Expectation) -> list[Any]:
    """The classes in the expected type, also its type arguments."""
    found = [value if value.is_class() else value.py__class__() for value in expectation.values or ()]
    if expectation.annotation is not None:
        found += _classes_in(expectation.context, expectation.annotation)
    return found


def _classes_in(context: Any, annotation: Any) -> list[Any]:
    return [value for name in names_in(annotation) for value in context.infer_node(name) if value.is_class()]


def names_in(node: Any) -> Iterator[Any]:
    """The name leaves of an expression, without those behind a dot."""
    if node.type == "name":
        yield node
    for child in getattr(node, "children", ()):
        if not is_trailer(child, "."):
            yield from names_in(child)


def _neighbours(cls: Any) -> Iterator[Any]:
    context = cls.as_context()
    node = cls.tree_node
    for statement in node.get_suite().children:
        for each in getattr(statement, "children", ()) if statement.type == "simple_stmt" else ():
            if each.type == "expr_stmt" and each.children[1].type == "annassign":
                yield from _classes_in(context, each.children[1].children[1])
    arguments = node.get_super_arglist()
    if arguments is not None:
        yield from _classes_in(cls.parent_context, arguments)
    for function in node.iter_funcdefs():
        if function.name.value == "__init__":
            for parameter in function.get_params():
                if parameter.annotation is not None:
                    yield from _classes_in(context, parameter.annotation)


def _is_well_known(cls: Any) -> bool:
    return cls.get_root_context().py__name__() in _WELL_KNOWN
