"""The messages between the analysis client and its worker: a length in four bytes, then JSON.

Reading a message can't make code run: only the dataclasses that the reader asked for are built.
"""

import json
import struct
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import IO, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_Codec = Callable[[Any], Any]

LENGTH = struct.Struct(">I")
# A longer message is refused, so that a wrong length cannot take all memory.
MESSAGE_BYTES_MAX = 64 * 1024 * 1024


def pack(message: object) -> bytes:
    """Encode a message with its length before it. Lone surrogates survive as JSON escapes."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return LENGTH.pack(len(body)) + body


def read_message(stream: IO[bytes]) -> Any:
    """Read the next message of a stream as JSON values; None at the end of the stream.

    Raises ValueError if the message is longer than MESSAGE_BYTES_MAX, or not JSON.
    """
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    if length > MESSAGE_BYTES_MAX:
        raise ValueError("a message is too long")
    return json.loads(stream.read(length))


def to_json(value: object) -> Any:
    """Turn a dataclass into an array of its fields, in order, and its parts likewise."""
    if is_dataclass(value) and not isinstance(value, type):
        return _encoder(type(value))(value)
    return value


def from_json(data: Any, kind: type[T]) -> T:
    """Build the dataclass ``kind`` from the result of ``to_json``.

    Raises ValueError if ``data`` has another shape.
    """
    decode = _decoder(kind)
    return data if decode is None else decode(data)


# An answer carries hundreds of names, so the codec of each type is built once and cached.


@cache
def _encoder(kind: type) -> _Codec:
    """Build the encoder of a dataclass."""
    names = [field.name for field in fields(kind)]
    inner = [_part_encoder(hint) for hint in _hints(kind)]
    if len(names) > 1 and not any(inner):
        return attrgetter(*names)
    return lambda value: [
        getattr(value, name) if encode is None else encode(getattr(value, name))
        for name, encode in zip(names, inner, strict=True)
    ]


def _part_encoder(hint: Any) -> _Codec | None:
    """Build the encoder of a field; None if its values are JSON already."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _encoder(hint)
    inner = _part_encoder(_inner(hint)) if get_origin(hint) in (tuple, Union, UnionType) else None
    if inner is None:
        return None
    if get_origin(hint) is tuple:
        return lambda values: [inner(value) for value in values]
    return lambda value: None if value is None else inner(value)


@cache
def _decoder(hint: Any) -> _Codec | None:
    """Build the decoder of a type; None if JSON's own values are the type's."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_decoder(hint)
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple_decoder(_decoder(_inner(hint)))
    if origin in (Union, UnionType):
        inner = _decoder(_inner(hint))
        return None if inner is None else lambda data: None if data is None else inner(data)
    return None


def _dataclass_decoder(kind: type) -> _Codec:
    inner = [_decoder(hint) for hint in _hints(kind)]
    is_flat = not any(inner)

    def decode(data: Any) -> Any:
        if not isinstance(data, (list, tuple)) or len(cast("list[Any]", data)) != len(inner):
            raise ValueError(f"not a {kind.__name__}")
        values = cast("list[Any]", data)
        return kind(*values) if is_flat else kind(*_decoded(inner, values))

    return decode


def _decoded(inner: list[_Codec | None], values: list[Any]) -> Iterable[Any]:
    return (part if decode is None else decode(part) for decode, part in zip(inner, values, strict=True))


def _tuple_decoder(inner: _Codec | None) -> _Codec:
    def decode(data: Any) -> Any:
        if not isinstance(data, (list, tuple)):
            raise ValueError("not a sequence")
        values = cast("list[Any]", data)
        return tuple(values) if inner is None else tuple([inner(value) for value in values])

    return decode


def _inner(hint: Any) -> Any:
    """Return the element type of a sequence, or the type of an optional value without None."""
    return next(kind for kind in get_args(hint) if kind is not type(None))


@cache
def _hints(kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[field.name] for field in fields(kind))
