"""Frames: every message arrives, and a broken stretch costs one report, never the stream."""

import io
import json

from holesmith.lsp.framing import BODY_BYTES_MAX, FrameReader, Malformed, frame, parse
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def read_all(stream: bytes) -> list[object]:
    """Every message of the stream; "?" for what was reported as malformed."""
    reader, messages = FrameReader(io.BytesIO(stream)), list[object]()
    while (body := reader.read()) is not None:
        message = body if isinstance(body, Malformed) else parse(body)
        messages.append("?" if isinstance(message, Malformed) else message)
    return messages


@given(st.lists(JSON, max_size=4))
def test_what_is_framed_is_read_back(messages: list[object]) -> None:
    assert read_all(b"".join(map(frame, messages))) == json.loads(json.dumps(messages))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_rubbish_never_ends_reading(before: bytes, body: bytes) -> None:
    rubbish = before + b"\nContent-Length: %d\r\n\r\n%s\n" % (len(body), body)
    assert read_all(rubbish + frame({"method": "ok"}))[-1] == {"method": "ok"}


def test_other_headers_case_and_bare_line_feeds_are_accepted() -> None:
    stream = b"content-type: application/vscode-jsonrpc; charset=utf-8\ncontent-length:2\n\n{}"
    assert read_all(stream) == [{}]


def test_a_length_that_is_too_short_or_too_long_costs_only_its_neighbourhood() -> None:
    good = frame({"id": 1})
    body = b'{"id": 7}'
    short = b"Content-Length: %d\r\n\r\n%s" % (len(body) - 2, body)
    assert read_all(short + good) == ["?", {"id": 1}]
    long = b"Content-Length: %d\r\n\r\n%s" % (len(body) + 5, body)
    assert read_all(long + good + good + good)[-1] == {"id": 1}


def test_a_stretch_of_rubbish_is_reported_once() -> None:
    assert read_all(b"GET / HTTP/1.1\r\n!\r\n?\r\n\r\n" + frame(1)) == ["?", 1]
    assert read_all(b"Content-Length: many\r\n\r\n" + frame(1)) == ["?", 1]
    assert read_all(b"Content-Length: -3\r\n\r\n" + frame(1)) == ["?", 1]


def test_an_oversized_body_is_skipped() -> None:
    size = BODY_BYTES_MAX + 1
    stream = b"Content-Length: %d\r\n\r\n" % size + b"x" * size + frame(1)
    assert read_all(stream) == ["?", 1]


def test_a_stream_that_ends_inside_a_frame_ends() -> None:
    assert read_all(b"Content-Length: 10\r\n\r\n{}") == []
    assert read_all(b"Content-Len") == ["?"]


def test_bodies_that_are_not_json() -> None:
    for body in (b"{", b"\xff\xfe", b"[NaN]", b"[" * 100_000, '{"a": 1}'.encode("utf-16")):
        assert isinstance(parse(body), Malformed)
