"""A client that writes bytes: for what no proper client would send, and for how the process ends."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.e2e.client import FAKE_SERVER

WAIT_SECONDS = 20


class RawClient:
    """Messages are plain JSON objects; ``process`` is None where the server was reached over TCP."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        process: asyncio.subprocess.Process | None = None,
    ) -> None:
        self.reader, self.writer, self.process = reader, writer, process

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def send(self, **message: object) -> None:
        self.write(framed({"jsonrpc": "2.0", **message}))

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None when the server has closed the stream."""
        async with asyncio.timeout(WAIT_SECONDS):
            length = None
            while line := (await self.reader.readline()).strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            return None if length is None else json.loads(await self.reader.readexactly(length))

    async def answer_to(self, number: int | str | None) -> dict[str, Any]:
        """The response with this id; notifications on the way are passed over."""
        while (message := await self.receive()) is not None:
            if "method" not in message and message["id"] == number:
                return message
        raise AssertionError(f"no answer to {number!r}")

    async def answers(self, count: int) -> list[dict[str, Any]]:
        """The next responses, in the order they come."""
        found: list[dict[str, Any]] = []
        while len(found) < count and (message := await self.receive()) is not None:
            found += [] if "method" in message else [message]
        return found

    async def notification(self, method: str) -> dict[str, Any]:
        while (message := await self.receive()) is not None:
            if message.get("method") == method:
                return message["params"]
        raise AssertionError(f"no notification {method}")

    async def request(self, number: int, method: str, params: object = None) -> dict[str, Any]:
        self.send(id=number, method=method, params=params)
        return await self.answer_to(number)

    async def initialize(self, **params: object) -> dict[str, Any]:
        answer = await self.request(0, "initialize", {"processId": None, "capabilities": {}, **params})
        self.send(method="initialized", params={})
        return answer

    def open(self, text: str, uri: str = "file:///a.py") -> None:
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": document})

    async def lives(self) -> bool:
        """Whether the server still answers, with a suggestion for a new document."""
        await self.loaded()
        self.open("alive ", "file:///alive.py")
        answer = await self.request(99_999, "textDocument/inlineCompletion", inline(0, 6, "file:///alive.py"))
        return answer["result"]["items"][0]["insertText"] == "d(x)"

    async def loaded(self) -> None:
        """Return when the (fake) model is loaded."""
        async with asyncio.timeout(WAIT_SECONDS):
            while (await self.request(99_998, "holesmith/status"))["result"]["health"] != "ready":
                pass

    async def exit_code(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.process.wait()


def framed(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def inline(line: int, column: int, uri: str = "file:///a.py") -> Mapping[str, object]:
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": column},
        "context": {"triggerKind": 2},
    }


@asynccontextmanager
async def raw_client(
    *,
    command: tuple[str, ...] = FAKE_SERVER,
    initialize: bool = True,
    stderr: int = asyncio.subprocess.DEVNULL,
    **params: object,
) -> AsyncGenerator[RawClient]:
    """A new server, stopped at the end however it fares."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        limit=1 << 24,
        cwd="/",
        env=dict(os.environ),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    client = RawClient(process.stdout, process.stdin, process)
    try:
        if initialize:
            await client.initialize(**params)
        yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process.stdin.close()
