"""The protocol's types from and to plain JSON; what has the wrong type is refused, not converted."""

from collections.abc import Callable
from typing import Any, TypeVar

import cattrs
from lsprotocol.converters import get_converter

T = TypeVar("T")


def _strict(expected: type) -> Callable[[object, type], object]:
    def structure(value: object, kind: type) -> object:
        # `bool` is an `int` to Python, but not to JSON; `kind` may be an enumeration of the expected type.
        if type(value) is not expected:
            raise TypeError(f"{expected.__name__} expected")
        return kind(value)

    return structure


def _make_converter() -> cattrs.Converter:
    converter = get_converter()
    for expected in (str, int, bool):
        converter.register_structure_hook(expected, _strict(expected))
    return converter


_CONVERTER = _make_converter()


def from_protocol(kind: type[T], value: object) -> T:
    """Raises ValueError with one line that names each place that is wrong."""
    try:
        return _CONVERTER.structure(value, kind)
    except Exception as error:  # whatever the wrong value led the library to raise
        raise ValueError("; ".join(cattrs.transform_error(error))) from error


def to_protocol(value: Any) -> object:
    return _CONVERTER.unstructure(value)
