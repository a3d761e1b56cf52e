"""Convert between columns of the protocol and our offsets, within one line.

A column counts code units of the negotiated encoding; an offset counts code points. A column past the end
of the line means its end, and a column inside a character means its start. Lone surrogates, which JSON can
carry, count as one unit of UTF-16 and three of UTF-8.
"""

from typing import Literal, get_args

Encoding = Literal["utf-8", "utf-16", "utf-32"]


def encoding_named(name: str | None) -> Encoding:
    """The encoding that was negotiated; UTF-16, which every client speaks, for any other name."""
    return next((encoding for encoding in get_args(Encoding) if encoding == name), "utf-16")


def offset_at_column(line: str, column: int, encoding: Encoding) -> int:
    reachable = line[:column]  # an offset never exceeds its column
    if encoding == "utf-32" or reachable.isascii():
        return len(reachable)
    if encoding == "utf-16":
        return _points_in_utf16(reachable.encode("utf-16-le", "surrogatepass"), 2 * column)
    return _points_in_utf8(reachable.encode("utf-8", "surrogatepass"), column)


def column_at_offset(line: str, offset: int, encoding: Encoding) -> int:
    before = line[:offset]
    if encoding == "utf-32" or before.isascii():
        return len(before)
    if encoding == "utf-16":
        return len(before.encode("utf-16-le", "surrogatepass")) // 2
    return len(before.encode("utf-8", "surrogatepass"))


def _points_in_utf16(units: bytes, stop: int) -> int:
    splits_a_pair = stop < len(units) and _is_high(units[stop - 1]) and _is_low(units[stop + 1])
    whole = units[: stop - 2 if splits_a_pair else stop]
    return len(whole.decode("utf-16-le", "surrogatepass"))


def _is_high(top_byte: int) -> bool:
    return 0xD8 <= top_byte <= 0xDB


def _is_low(top_byte: int) -> bool:
    return 0xDC <= top_byte <= 0xDF


def _points_in_utf8(units: bytes, stop: int) -> int:
    # A continuation byte is inside a character: move back to its start.
    while stop < len(units) and units[stop] & 0xC0 == 0x80:
        stop -= 1
    return len(units[:stop].decode("utf-8", "surrogatepass"))
