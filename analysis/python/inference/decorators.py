"""The decorators that we know, by what they leave as it is. Any other one may do anything.

All are compared by their last name only: ``cached_property`` of ``@functools.cached_property``.
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
"""Of functions: a call takes and gives what the function itself takes and gives."""

PROPERTY_DECORATORS = frozenset(("property", "cached_property", "abstractproperty"))
"""Of functions: the attribute is what the function gives."""

CONTEXT_MANAGER_DECORATORS = frozenset(("contextmanager", "asynccontextmanager"))
"""Of generators: a call gives a context manager, and ``with`` what is yielded."""

ABSTRACT_DECORATORS = frozenset(
    ("abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod")
)
"""Of functions: a class that inherits the function as it is cannot be instantiated."""

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
"""Of classes: whoever reads the class sees its members, except special methods."""

CONSTRUCTOR_PRESERVING_DECORATORS = frozenset(
    ("final", "total_ordering", "runtime_checkable", "unique", "deprecated")
)
"""Of classes: a call takes what the class's own constructor takes."""

CLASS_PRESERVING_DECORATORS = frozenset(("dataclass", "final", "runtime_checkable", "total_ordering"))
"""Of classes: the name stands for the class itself or for one with the same bases, not for something else."""


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
