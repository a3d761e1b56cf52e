"""Messages between the analysis client and its worker: a length in four bytes, then JSON.

Nothing that is read can make code run: only the dataclasses that the reader asked for are built.
"""

import json
import struct
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

LENGTH = struct.Struct(">I")
MESSAGE_BYTES_MAX = 64 * 1024 * 1024


def pack(message: object) -> bytes:
    """A framed message. Lone surrogates survive as JSON escapes."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return LENGTH.pack(len(body)) + body


def to_json(value: object) -> Any:
    """Dataclasses become arrays of their fields, in order."""
    if is_dataclass(value) and not isinstance(value, type):
        return [to_json(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    return value


def from_json(data: Any, kind: type[T]) -> T:
    """The dataclass ``kind`` out of what ``to_json`` made of it. ValueError if it has another shape."""
    return _build(data, kind)


def _build(data: Any, kind: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        if not isinstance(data, list) or len(data) != len(hints):
            raise ValueError(f"not a {kind.__name__}")
        return kind(*(_build(each, hint) for each, hint in zip(data, hints, strict=True)))
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(data, list):
            raise ValueError("not a sequence")
        return tuple(_build(each, get_args(kind)[0]) for each in data)
    if origin in (Union, UnionType):
        inner = next(each for each in get_args(kind) if each is not type(None))
        return None if data is None else _build(data, inner)
    return data


@cache
def _hints(kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[each.name] for each in fields(kind))
