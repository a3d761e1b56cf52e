"""The client's bytes as pygls reads them: every message behind a broken one arrives."""

import io
import json
import logging
from threading import Event
from typing import Any, cast

from holesmith.lsp.transport.client_input import BODY_BYTES_MAX, LINE_BYTES_MAX, ClientInput
from hypothesis import given, settings
from hypothesis import strategies as st
from pygls.io_ import run

_QUIET = logging.getLogger("quiet")
_QUIET.disabled = True


class Recorder:
    """Takes the place of pygls' protocol: keeps what it would handle."""

    def __init__(self) -> None:
        self.messages: list[object] = []

    def structure_message(self, data: dict[str, object]) -> dict[str, object]:
        return data

    def handle_message(self, message: object) -> None:
        self.messages.append(message)


def frame(message: object, wrong_by: int = 0) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body) + wrong_by, body)


def read_all(stream: bytes) -> list[object]:
    """The messages that pygls' own reading loop finds in the stream."""
    recorder = Recorder()
    source = cast("Any", ClientInput(io.BytesIO(stream)))
    run(Event(), source, cast("Any", recorder), _QUIET)
    return recorder.messages


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers()), max_size=4))
@settings(deadline=None)
def test_good_messages_arrive_as_they_are(messages: list[object]) -> None:
    assert read_all(b"".join(map(frame, messages))) == messages


@given(st.binary(max_size=40).filter(lambda rubbish: b":" not in rubbish))
@settings(deadline=None)
def test_rubbish_between_messages_costs_nothing_else(rubbish: bytes) -> None:
    assert read_all(rubbish + b"\n" + frame({"a": 1}))[-1:] == [{"a": 1}]


def test_a_wrong_length_costs_only_its_neighbourhood() -> None:
    good = frame({"id": 1})
    assert read_all(frame({"id": 7}, -2) + good) == [{"id": 1}]
    assert read_all(frame({"id": 7}, 5) + good + good)[-1] == {"id": 1}


def test_header_names_in_any_case_and_bare_line_feeds() -> None:
    assert read_all(b"content-type: x\ncontent-length:2\n\n{}") == [{}]


def test_what_is_too_long_is_passed_over() -> None:
    size = BODY_BYTES_MAX + 1
    huge = b"Content-Length: %d\r\nContent-Type: x\r\n\r\n" % size + b"x" * size
    assert read_all(huge + frame({"id": 1})) == [{"id": 1}]
    assert read_all(b"x" * (3 * LINE_BYTES_MAX) + b"\n" + frame({"id": 1})) == [{"id": 1}]


def test_a_stream_that_ends_early_ends() -> None:
    assert read_all(b"Content-Length: 10\r\n\r\n{") == []
    assert read_all(b"Content-Length: %d\r\n\r\n{}" % (BODY_BYTES_MAX + 1)) == []
    assert read_all(b"Content-Le") == []
