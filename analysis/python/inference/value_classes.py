"""Which class a jedi value is of."""

from typing import Any

from jedi.inference.compiled import builtin_from_name
from jedi.inference.value.iterable import Sequence


def class_of(value: Any) -> Any:
    """The class of an instance, and a class itself."""
    if isinstance(value, Sequence):  # its own idea of its class has jedi infer all of its elements
        return builtin_from_name(value.inference_state, value.array_type)
    return value if value.is_class() else value.py__class__()


def is_none(value: Any) -> bool:
    """Whether a value is None, or the class of it."""
    return value.name.string_name == "NoneType"
