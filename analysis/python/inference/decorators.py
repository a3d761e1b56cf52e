"""The decorators that we know, by what they leave unchanged; any other decorator may change everything.

Only the last name of a decorator is compared: ``cached_property`` of ``@functools.cached_property``.

For example:
    @lru_cache      # a call still gives what the function returns
    @app.command    # not known: a call may give anything
"""

from typing import Any

from holesmith.analysis.python.parsing.parso_nodes import is_trailer

CALL_PRESERVING_DECORATORS = frozenset(
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
"""Decorators of functions: a call takes the arguments and gives the result of the function itself."""

PROPERTY_DECORATORS = frozenset(("property", "cached_property", "abstractproperty"))
"""Decorators of methods: the attribute is the result of the function."""

CONTEXT_MANAGER_DECORATORS = frozenset(("contextmanager", "asynccontextmanager"))
"""Decorators of generators: a call gives a context manager, and ``with`` gives the yielded value."""

ABSTRACT_DECORATORS = frozenset(
    ("abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod")
)
"""Decorators of methods: a class that inherits the method unchanged cannot be instantiated."""

MEMBER_PRESERVING_DECORATORS = frozenset(
    [
        "dataclass",
        "total_ordering",
        "final",
        "runtime_checkable",
        "unique",
        "deprecated",
        "define",
        "frozen",
        "mutable",
        "attrs",
        "s",
        "attributes",
        "disjoint_base",
        "type_check_only",
        "python_2_unicode_compatible",
        "dataclass_transform",
    ]
)
"""Decorators of classes: all members are visible in the text of the class, except special methods."""

CONSTRUCTOR_PRESERVING_DECORATORS = frozenset(
    ("final", "total_ordering", "runtime_checkable", "unique", "deprecated")
)
"""Decorators of classes: a call takes the arguments of the class's own constructor."""

CLASS_PRESERVING_DECORATORS = frozenset(("dataclass", "final", "runtime_checkable", "total_ordering"))
"""Decorators of classes: the name stands for the class itself, or for a class with the same bases."""


def decorators_of(definition: Any) -> set[str]:
    """The last names of the decorators of a function or class."""
    names: set[str] = set()
    for decorator in definition.get_decorators():
        leaf = decorator.children[1]
        while hasattr(leaf, "children"):
            last = leaf.children[-1]
            leaf = leaf.children[-2 if is_trailer(last, "(") else -1]
            if leaf.type == "trailer":
                leaf = leaf.children[1]
        names.add(leaf.value)
    return names
