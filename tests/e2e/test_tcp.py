"""A server that listens: one client, on this machine, that has the token; everybody else learns nothing."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.e2e.client import REAL_SERVER
from tests.e2e.raw_client import RawClient, inline

CONSOLE_SCRIPT = REAL_SERVER[0]


@asynccontextmanager
async def listening(*more: str) -> AsyncGenerator[tuple[RawClient, str, int]]:
    """A client that is connected and has said nothing yet, the token, and the port."""
    process = await asyncio.create_subprocess_exec(
        CONSOLE_SCRIPT, "lsp", "--tcp", ":0", *more, stderr=asyncio.subprocess.PIPE, cwd="/"
    )
    assert process.stderr is not None
    try:
        where = re.fullmatch(
            r"holesmith: waiting for a client on 127\.0\.0\.1:(\d+)\n",
            (await process.stderr.readline()).decode(),
        )
        token = re.fullmatch(
            r"holesmith: initializationOptions.token is ([\w-]{32,})\n",
            (await process.stderr.readline()).decode(),
        )
        assert where is not None
        assert token is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", int(where[1]))
        yield RawClient(reader, writer, process), token[1], int(where[1])
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_one_client_with_the_token_is_served() -> None:
    async with listening() as (client, token, port):
        answer = await client.initialize(initializationOptions={"token": token, "model": "none-such"})
        assert "inlineCompletionProvider" in answer["result"]["capabilities"]
        with pytest.raises(OSError):  # noqa: PT011 - refused: a server has one client
            await asyncio.open_connection("127.0.0.1", port)
        status = (await client.request(1, "holesmith/status"))["result"]
        assert status["settings_problems"] == []
        assert token not in str(status)
        await client.request(2, "shutdown")
        client.send(method="exit")
        assert await client.exit_code() == 0


@pytest.mark.parametrize(
    "options",
    [None, "token", {"token": ["\ud800"]}, {"token": "\ud800"}, {"token": "x" * 32}],
)
async def test_without_the_token_nothing_is_answered_and_there_is_no_second_try(options: object) -> None:
    async with listening() as (client, token, _):
        # All in one write, so that the second try is there before the first is refused.
        for number, tried in enumerate((options, {"token": token})):
            params = {"processId": None, "capabilities": {}, "initializationOptions": tried}
            client.send(id=number, method="initialize", params=params)
        client.send(method="initialized", params={})
        client.open("password = ", "file:///home/me/private.py")
        client.send(id=2, method="holesmith/explain", params=None)
        client.send(id=3, method="textDocument/inlineCompletion", params=inline(0, 3))
        answers: list[object] = []
        while (message := await client.receive()) is not None:
            answers.append(message)
        assert answers
        assert all("error" in str(answer) and "private" not in str(answer) for answer in answers)
        assert not any("'result'" in str(answer) for answer in answers)
        assert await client.exit_code() == 1


@pytest.mark.parametrize("method", ["holesmith/status", "shutdown"])
async def test_other_messages_first_are_no_way_around(method: str) -> None:
    async with listening() as (client, _, _):
        client.send(id=1, method=method, params={})
        assert (await client.answer_to(1))["error"]["code"] == -32002
        client.send(id=2, method="initialize", params={"processId": None, "capabilities": {}})
        assert (await client.answer_to(2))["error"]["code"] == -32600
        assert await client.exit_code() == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--tcp", "nonsense"], 2, "'nonsense' is not HOST:PORT"),
        (["--tcp", "127.0.0.1:99999"], 2, "'127.0.0.1:99999' is not HOST:PORT"),
        (["--tcp", "0.0.0.0:0"], 1, "0.0.0.0 is not a loopback address; add --allow-remote"),
        (["--tcp", "[::]:0"], 1, ":: is not a loopback address; add --allow-remote"),
        (["--tcp", "203.0.113.1:9"], 1, "203.0.113.1 is not a loopback address"),
        (["--tcp", "203.0.113.1:9", "--allow-remote"], 1, "can't listen on 203.0.113.1:9"),
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
