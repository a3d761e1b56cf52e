"""What is sent goes out whole and in order, and a client that does not read holds nobody up."""

import io
import os
import threading

import pytest
from holesmith.lsp.transport import client_output
from holesmith.lsp.transport.client_output import ClientOutput


def unexpected(reason: str) -> None:
    raise AssertionError(reason)


def test_messages_go_out_whole_and_in_order() -> None:
    sink = io.BytesIO()
    output = ClientOutput(sink, unexpected)
    messages = [b"%d;" % number * 1_000 for number in range(200)]
    for message in messages:
        output.write(message)
    output.wait_until_sent(60)
    assert sink.getvalue() == b"".join(messages)


def test_a_client_that_leaves_too_much_unread_is_given_up_and_nothing_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_output, "UNREAD_BYTES_MAX", 1024**2)
    unread, written = os.pipe()
    reasons: list[str] = []
    with open(written, "wb") as sink:  # noqa: PTH123  # a descriptor
        output = ClientOutput(sink, reasons.append)
        for _ in range(40):
            output.write(b"x" * 100_000)
        output.wait_until_sent(60)
        assert reasons == ["the client has left 1 MiB unread"]
        os.close(unread)


def test_a_client_that_closed_its_end_is_told_of_once() -> None:
    unread, written = os.pipe()
    os.close(unread)
    reasons: list[str] = []
    told = threading.Event()

    def on_failure(reason: str) -> None:
        reasons.append(reason)
        told.set()

    sink = os.fdopen(written, "wb", buffering=0)
    output = ClientOutput(sink, on_failure)
    output.write(b"x")
    assert told.wait(60)
    output.write(b"y")
    output.wait_until_sent(60)
    sink.close()
    assert len(reasons) == 1
    assert reasons[0].startswith("the client no longer reads")
