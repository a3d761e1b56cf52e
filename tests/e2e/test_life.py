"""How a server starts and ends: by the book, and promptly whatever it is doing."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.client import REAL_SERVER
from tests.e2e.raw_client import RawClient, inline, raw_client

CONSOLE_SCRIPT = REAL_SERVER[0]


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


async def test_tcp_serves_one_client_on_the_address_asked_for() -> None:
    process = await asyncio.create_subprocess_exec(
        CONSOLE_SCRIPT, "lsp", "--tcp", ":0", stderr=asyncio.subprocess.PIPE, cwd="/"
    )
    assert process.stderr is not None
    try:
        line = (await process.stderr.readline()).decode()
        found = re.fullmatch(r"holesmith: waiting for a client on 127\.0\.0\.1:(\d+)\n", line)
        assert found is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", int(found[1]))
        client = RawClient(reader, writer, process)
        assert "inlineCompletionProvider" in (await client.initialize())["result"]["capabilities"]
        with pytest.raises(OSError):  # noqa: PT011 - refused: a server has one client
            await asyncio.open_connection("127.0.0.1", int(found[1]))
        await client.request(1, "shutdown")
        client.send(method="exit")
        assert await client.exit_code() == 0
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--tcp", "nonsense"], 2, "'nonsense' is not HOST:PORT"),
        (["--tcp", "127.0.0.1:99999"], 2, "'127.0.0.1:99999' is not HOST:PORT"),
        (["--tcp", "203.0.113.1:9"], 1, "can't listen on 203.0.113.1:9"),
        (["--tcp", "no.such.host.invalid:9"], 1, "can't listen on no.such.host.invalid:9"),
    ],
)
async def test_an_address_that_cannot_be_had_is_one_line(arguments: list[str], code: int, said: str) -> None:
    got, errors = await run_command(*arguments)
    assert got == code
    assert said in errors.strip().splitlines()[-1]
    assert "Traceback" not in errors


async def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = await run_command("--tcp", f"127.0.0.1:{port}")
    assert code == 1
    assert errors == f"holesmith: error: can't listen on 127.0.0.1:{port}: Address already in use\n"


async def run_command(*arguments: str) -> tuple[int, str]:
    """The exit code and standard error of ``holesmith lsp`` with these arguments."""
    process = await asyncio.create_subprocess_exec(
        CONSOLE_SCRIPT, "lsp", *arguments, stderr=asyncio.subprocess.PIPE, cwd="/"
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode is not None
    return process.returncode, errors.decode()
