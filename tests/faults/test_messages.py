"""Messages of any order, type, size and encoding: each request has exactly one answer, and no edit is lost.

What is sent is drawn by seed, so that what fails once fails again.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.e2e.client import REAL_SERVER
from tests.e2e.raw_client import RawClient, inline, raw_client

URI = "untitled:Fuzz%20%F0%9F%98%80?x=1#y"
CHARACTERS = "ab (\r\n\f\x85\u2028\0é漢😀𝒳"
NUMBERS: tuple[object, ...] = (
    -1, 2**31 - 1, 2**31, 2**63, 10**400, 1.0, 1e308, float("nan"), float("inf"), -0.0, True, None, "1", [],
)  # fmt: skip
ANY: tuple[object, ...] = (*NUMBERS, "\ud800", "\0", "x" * 100_000, {"a": {"b": [None] * 50}}, [[[[[[]]]]]])
METHODS = ("holesmith/status", "holesmith/explain", "chatlsp/aiTutorial")
MALFORMED = (
    b"{",
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"\0" * 1_000,
    b'{"jsonrpc": "2.0", "id": 1' + b"0" * 5_000 + b', "method": "x"}',
    b'{"jsonrpc": "2.0", "id": NaN, "method": "holesmith/status"}',
    b'{"jsonrpc": "2.0", "id": 1e999, "method": "holesmith/status"}',
)


class Mirror:
    """A document as the client has it, in the code units of the protocol."""

    def __init__(self, text: str) -> None:
        self.text = text

    def index(self, line: int, character: int) -> int:
        """The offset in the text of a position, moved inside the document if need be."""
        starts, offset = [0], 0
        while offset < len(self.text):
            if self.text[offset] == "\n" or (
                self.text[offset] == "\r" and self.text[offset + 1 : offset + 2] != "\n"
            ):
                starts.append(offset + 1)
            offset += 1
        if line >= len(starts):
            return len(self.text)
        stop = starts[line]
        while character > 0 and stop < len(self.text) and self.text[stop] not in "\r\n":
            character -= len(self.text[stop].encode("utf-16-le")) // 2
            stop += character >= 0
        return stop

    def change(self, start: tuple[int, int], stop: tuple[int, int], text: str) -> dict[str, object]:
        first, last = sorted((self.index(*start), self.index(*stop)))
        self.text = self.text[:first] + text + self.text[last:]
        edges = [dict(zip(("line", "character"), place, strict=True)) for place in (start, stop)]
        return {"range": dict(zip(("start", "end"), edges, strict=True)), "text": text}


class Fuzzer:
    """Sends what it draws, and counts the answers that must come, by id."""

    def __init__(self, client: RawClient, seed: int) -> None:
        self.client, self.draw = client, random.Random(seed)
        self.expected: Counter[str] = Counter()
        self.mirror = Mirror("x = 1\n")
        self.version = 1
        document = {"uri": URI, "languageId": "plaintext", "version": 1, "text": self.mirror.text}
        client.send(method="textDocument/didOpen", params={"textDocument": document})

    def send_one(self) -> None:
        draw = self.draw
        draw.choice(
            (self.edit, self.edit, self.ask, self.ask, self.mutate, self.mutate, self.cancel, self.malformed)
        )()

    def edit(self) -> None:
        draw, changes = self.draw, list[dict[str, object]]()
        for _ in range(draw.randint(1, 3)):
            text = "".join(draw.choices(CHARACTERS, k=draw.randint(0, 12)))
            if draw.random() < 0.1:
                self.mirror.text = text
                changes.append({"text": text})
            else:
                changes.append(self.mirror.change(self.place(), self.place(), text))
        self.version += 1
        document = {"uri": URI, "version": self.version}
        self.client.send(
            method="textDocument/didChange", params={"textDocument": document, "contentChanges": changes}
        )

    def ask(self) -> None:
        method, params = self.request()
        number = self.draw.choice((self.draw.randrange(-50, 50), "a", "", "é\u2028", 2**60))
        self.expect(number)
        self.client.send(id=number, method=method, params=params)

    def mutate(self) -> None:
        """A request or a notification with something in it replaced or left out."""
        method, params = self.request()
        message: dict[str, Any] = {"id": self.draw.randrange(100, 999), "method": method, "params": params}
        if self.draw.random() < 0.3:
            message = {"method": "$/setTrace", "params": {"value": "off"}}
        holder, key = self.draw.choice(places_in(message))
        if self.draw.random() < 0.2 and not (holder is message and key == "method"):
            del holder[key]
        else:
            holder[key] = self.draw.choice(ANY)
        if message.get("method") == "shutdown":
            return
        number = message.get("id", self)
        if number is not self:
            self.expect(number if type(number) in (int, str) else None)
        elif "method" not in message:
            self.expect(None)
        self.client.send(**message)

    def cancel(self) -> None:
        number = self.draw.choice((self.draw.randrange(-50, 50), "a", None, [1], 10**400))
        self.client.send(method="$/cancelRequest", params={"id": number})

    def malformed(self) -> None:
        body = self.draw.choice(MALFORMED)
        self.expect(None)
        self.client.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def request(self) -> tuple[str, Any]:
        place = dict(zip(("line", "character"), self.place(), strict=True))
        at = {"textDocument": {"uri": self.draw.choice((URI, "file:///%00%FF", "", "x"))}, "position": place}
        return self.draw.choice(
            (
                *((method, None) for method in METHODS),
                ("textDocument/inlineCompletion", {**at, "context": {"triggerKind": 1}}),
                ("textDocument/completion", at),
                ("chatlsp/expectedType", at),
                ("chatlsp/errorReport", {**at, "text": "x"}),
                ("no/such", {}),
            )
        )

    def place(self) -> tuple[int, int]:
        return self.draw.choice((0, 0, 1, 2, 5, 2**31 - 1)), self.draw.choice((0, 1, 2, 3, 7, 2**31 - 1))

    def expect(self, number: object) -> None:
        self.expected[json.dumps(number)] += 1

    async def check(self) -> None:
        """All answers are there, and none came twice; the document is the client's."""
        got: Counter[str] = Counter()
        with suppress(TimeoutError):  # the counts say more
            while got.total() < self.expected.total():
                (answer,) = await self.client.answers(1)
                got[json.dumps(answer["id"])] += 1
        assert got == self.expected
        end = {"textDocument": {"uri": URI}, "position": {"line": 2**31 - 1, "character": 0}}
        for number in ("first", "second"):  # whatever else is sent comes before the second
            self.client.send(id=number, method="holesmith/explain", params=end)
            (answer,) = await self.client.answers(1)
            assert answer["id"] == number
        assert json.loads(answer["result"]["generated"])["text"] == self.mirror.text
        status = await self.client.request(0, "holesmith/status")
        assert status["result"]["last_failure"] is None


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Every key of an object and of those inside it."""
    keys = list(value) if isinstance(value, dict) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places_in(value[key])]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_comes_each_request_has_one_answer_and_the_document_is_the_clients(seed: int) -> None:
    async with raw_client() as client:
        await client.loaded()
        fuzzer = Fuzzer(client, seed)
        for _ in range(8):
            for _ in range(60):
                fuzzer.send_one()
            await client.writer.drain()
            await fuzzer.check()
            fuzzer.expected.clear()
        assert await client.lives()


async def test_hundreds_of_requests_at_once_with_one_id_or_many() -> None:
    async with raw_client() as client:
        await client.loaded()
        client.open("x = ")
        for number in range(200):
            method = ("textDocument/inlineCompletion", "textDocument/completion", "holesmith/explain")[
                number % 3
            ]
            client.send(id=number % 50, method=method, params={**inline(0, 4)})
        counts = Counter(answer["id"] for answer in await client.answers(200))
        assert counts == dict.fromkeys(range(50), 4)
        assert await client.lives()


HEADERS = (
    b"Content-Length: -5",
    b"Content-Length: 0x10",
    b"Content-Length: 1e3",
    b"Content-Length:",
    b"Content-Length: \xd9\xa3",
    b"Content-Type: text/plain",
    b"Content-Length: 3, 3",
    b"\0\0\0\0",
    b"Content-Length : 7",
)


async def test_a_header_that_lies_costs_its_message_only() -> None:
    async with raw_client() as client:
        for header in HEADERS:
            client.write(header + b'\r\n\r\n{"jsonrpc": "2.0", "id": 5, "method": "holesmith/status"}\n')
            assert await client.lives(), header
            client.write(b"Content-Length: 2\r\n" + header[:3] + b": x\r\nContent-Length: 2\r\n\r\n[]")
            assert (await client.answer_to(None))["error"]["code"] == -32600, header


@pytest.mark.parametrize("is_over", [False, True])
async def test_out_of_turn_each_request_is_refused_once(is_over: bool) -> None:
    async with raw_client(initialize=is_over) as client:
        if is_over:
            await client.request(1, "shutdown")
        fuzzer = Fuzzer(client, seed=7)
        for _ in range(100):
            draw: Callable[[], None] = fuzzer.draw.choice((fuzzer.ask, fuzzer.mutate, fuzzer.malformed))
            draw()
        answers = await client.answers(fuzzer.expected.total())
        assert Counter(json.dumps(answer["id"]) for answer in answers) == fuzzer.expected
        codes = {answer["error"]["code"] for answer in answers if answer["id"] is not None}
        assert codes <= {-32600 if is_over else -32002, -32600}
        client.send(method="exit")
        assert await client.exit_code() == (0 if is_over else 1)


async def test_a_client_that_never_reads_and_then_is_gone_takes_the_server_with_it() -> None:
    async with raw_client(command=REAL_SERVER) as client:
        assert client.process is not None
        pipe: Any = client.process.stdout
        pipe._transport.pause_reading()
        for number in range(4_000):
            client.send(id=number, method="chatlsp/aiTutorial")
        client.writer.transport.abort()
        pipe._transport.close()
        async with asyncio.timeout(20):
            assert await client.process.wait() != 0
