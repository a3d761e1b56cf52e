"""Tell whether a callable takes exactly what its signature shows, so that other arguments are errors.

For example:
    @cache
    def area(width, height): ...    →  takes as shown; under @click.command it would not
"""

import re
from typing import Any

from holesmith.analysis.python.inference.decorators import (
    CALL_PRESERVING_DECORATORS,
    CONSTRUCTOR_PRESERVING_DECORATORS,
    decorators_of,
)
from holesmith.analysis.python.inference.dynamic_attributes import (
    defines,
    has_known_bases,
    has_plain_construction,
    is_field_metaclass,
    shapes_subclasses,
)
from jedi.inference.value.klass import DataclassWrapper

# A class with one of these bases has another constructor than the ``__init__`` in its text.
_BUILDING_BASES = frozenset(("NamedTuple", "TypedDict", "Enum", "Protocol", "tuple", "type"))
_UNUSUAL_FIELDS = re.compile(r"\b(?:field|KW_ONLY|InitVar|ClassVar|init\s*=)")


def takes_as_shown(callee: Any) -> bool:
    """True for a function without unknown decorators, and for a class whose constructor is certain."""
    if callee.is_class():
        return _has_certain_constructor(callee)
    node = getattr(callee, "tree_node", None)
    is_function = node is not None and node.type == "funcdef"
    return is_function and decorators_of(node) <= CALL_PRESERVING_DECORATORS


def _has_certain_constructor(cls: Any) -> bool:
    if not has_plain_construction(cls) or shapes_subclasses(cls) or not has_known_bases(cls):
        return False
    if any(is_field_metaclass(each) for each in cls.get_metaclasses()):
        return False  # a field's parameter may have another name
    for base in cls.py__mro__():
        node = getattr(base, "tree_node", None)
        if node is None or node.type != "classdef" or base.py__name__() in _BUILDING_BASES:
            return False
        decorators = decorators_of(node)
        if "dataclass" in decorators:
            return isinstance(cls, DataclassWrapper) and all(
                _is_plain_dataclass(each) for each in cls.py__mro__()
            )
        if not decorators <= CONSTRUCTOR_PRESERVING_DECORATORS and not base.get_root_context().is_stub():
            return False
        if defines(node, "__init__") or defines(node, "__new__"):
            return True
    return False


def _is_plain_dataclass(base: Any) -> bool:
    """True if a base of a dataclass is ``object`` or a dataclass with a parameter for each annotated name."""
    if base.get_root_context().is_stub():
        return base.py__name__() == "object"
    code = base.tree_node.get_code()
    return decorators_of(base.tree_node) == {"dataclass"} and not _UNUSUAL_FIELDS.search(code)
