"""How a server starts and ends: by the book, and promptly whatever it is doing."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import REAL_SERVER
from tests.e2e.raw_client import inline, raw_client

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def test_requests_out_of_turn_are_refused() -> None:
    async with raw_client(initialize=False) as client:
        early = await client.request(1, "textDocument/inlineCompletion", inline(0, 0))
        assert early["error"]["code"] == -32002
        client.open("x = ")  # ignored
        await client.initialize()
        again = await client.request(2, "initialize", {"capabilities": {}})
        assert again["error"]["code"] == -32600
        ignored = await client.request(3, "textDocument/inlineCompletion", inline(0, 4))
        assert ignored["result"] == {"items": []}
        assert (await client.request(4, "shutdown"))["result"] is None
        for number, method in enumerate(("shutdown", "holesmith/status", "initialize"), start=5):
            assert (await client.request(number, method))["error"]["code"] == -32600
        client.send(method="exit")
        assert await client.exit_code() == 0


async def test_exit_without_shutdown_is_a_failure() -> None:
    async with raw_client() as client:
        client.send(method="exit")
        assert await client.exit_code() == 1


async def test_exit_before_initialize_is_a_failure() -> None:
    async with raw_client(initialize=False) as client:
        client.send(method="exit")
        assert await client.exit_code() == 1


@pytest.mark.parametrize(("shuts_down", "code"), [(False, 1), (True, 0)])
async def test_the_end_of_the_stream_is_the_end(shuts_down: bool, code: int) -> None:
    async with raw_client() as client:
        if shuts_down:
            await client.request(1, "shutdown")
        client.writer.close()
        assert await client.exit_code() == code


@pytest.mark.parametrize("model", ["fake", "never", "stubborn", "defect"])
async def test_exit_ends_the_process_whatever_it_is_doing(model: str) -> None:
    async with raw_client(initializationOptions={"model": model}) as client:
        client.open("slow")
        client.send(id=1, method="textDocument/inlineCompletion", params=inline(0, 4))
        client.send(id=2, method="shutdown")
        client.send(method="exit")
        assert await client.exit_code() == 0


async def test_shutdown_answers_what_was_running() -> None:
    async with raw_client() as client:
        await client.lives()
        client.open("slow")
        client.send(id=1, method="textDocument/inlineCompletion", params=inline(0, 4))
        while (await client.notification("holesmith/status"))["message"] != "decoding":
            pass
        client.send(id=2, method="shutdown")
        first, second = await client.answers(2)
        assert {first["id"], second["id"]} == {1, 2}
        cancelled = first if first["id"] == 1 else second
        assert cancelled["error"]["code"] == -32800


async def test_a_client_process_that_dies_takes_the_server_with_it() -> None:
    parent = await asyncio.create_subprocess_exec("sleep", "600")
    async with raw_client(processId=parent.pid) as client:
        assert await client.lives()
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        assert await client.exit_code() == 1


@pytest.fixture
def heeded_signals() -> Iterator[None]:
    """Processes of the test heed all signals, also where the test itself was started with nohup."""
    ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("text", ["", "slow", "block"])
async def test_a_signal_ends_the_server_at_once_whatever_it_does(number: signal.Signals, text: str) -> None:
    async with raw_client() as client:
        await client.loaded()
        client.open(text)
        client.send(id=1, method="textDocument/inlineCompletion", params=inline(0, len(text)))
        assert client.process is not None
        client.process.send_signal(number)
        assert await client.exit_code() == -number


async def test_a_log_that_nobody_reads_delays_nothing() -> None:
    reading, writing = os.pipe()
    try:
        async with raw_client(stderr=writing) as client:
            unknown = {"textDocument": {"uri": "file:///" + "a" * 200, "version": 1}, "contentChanges": []}
            for _ in range(2_000):  # each is a line of the log, together more than a pipe holds
                client.send(method="textDocument/didChange", params=unknown)
            assert await client.lives()
            client.send(id=1, method="shutdown")
            client.send(method="exit")
            assert await client.exit_code() == 0
    finally:
        os.close(reading)
        os.close(writing)


async def test_nothing_but_the_protocol_is_on_standard_output() -> None:
    # The fake server prints from Python, from C and from a child process that reads standard input, too.
    async with raw_client() as client:
        first = await client.request(1, "holesmith/status")
        assert first["result"]["health"] in ("loading", "ready")


async def test_initialize_is_answered_before_torch_is_imported() -> None:
    async with raw_client(command=REAL_SERVER, initialize=False) as client:
        await client.request(0, "initialize", {"processId": None, "capabilities": {}})
        assert client.process is not None
        mapped = Path(f"/proc/{client.process.pid}/maps").read_text()
        assert "python" in mapped
        assert "libtorch" not in mapped
