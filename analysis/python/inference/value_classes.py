"""The class of a jedi value."""

from typing import Any

from jedi.inference.compiled import builtin_from_name
from jedi.inference.value.iterable import Sequence


def class_of(value: Any) -> Any:
    """Return the class of an instance; for a class the class itself."""
    if isinstance(value, Sequence):  # to give its class itself, jedi would infer all of its elements
        return builtin_from_name(value.inference_state, value.array_type)
    return value if value.is_class() else value.py__class__()


def is_none(value: Any) -> bool:
    """True if a value is None, or the class ``NoneType``."""
    return value.name.string_name == "NoneType"
