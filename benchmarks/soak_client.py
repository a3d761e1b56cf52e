"""A client of a language server that checks that every request gets exactly one answer, in time.

It writes and reads bytes itself, because the client of a library would not send malformed messages, and would
not notice a second answer to a request.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
EXAMPLES_MAX = 3


@dataclass(slots=True, eq=False)
class Asked:
    """A request; ``answer`` is the whole response."""

    method: str
    sent: float
    step: str
    answer: "asyncio.Future[Json]"


@dataclass(slots=True)
class Ledger:
    """What was asked and what came of it, over all servers of a run."""

    requests: int = 0
    answers: int = 0
    cancelled: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])
    latencies_ms: list[float] = field(default_factory=list[float])
    failures: Counter[str] = field(default_factory=Counter[str])
    examples: list[str] = field(default_factory=list[str])

    def fail(self, kind: str, details: str) -> None:
        """Only the first few of a kind are told in full."""
        self.failures[kind] += 1
        if self.failures[kind] <= EXAMPLES_MAX:
            self.examples.append(f"{kind}: {details}")
            print(f"FAILURE: {self.examples[-1]}", flush=True)


class Conversation:
    """One server process and what was asked of it.

    ``bound`` says how many seconds a request may take that was sent at this time and is answered now.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        ledger: Ledger,
        bound: Callable[[float], float],
        name: str,
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self.ledger, self.name = process, ledger, name
        self.step = "start"
        self.status: Json = {}
        self.settings: Json = {}
        self.reads = asyncio.Event()
        self.reads.set()
        self._bound = bound
        self._writer, self._reader = process.stdin, process.stdout
        self._pending: dict[int | str | None, list[Asked]] = {}
        self._number = 0
        self._reading = asyncio.ensure_future(self._read())

    @property
    def ended(self) -> bool:
        return self._reading.done()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._pending.values()))

    def notify(self, method: str, params: object) -> None:
        self.write(framed({"jsonrpc": "2.0", "method": method, "params": params}))

    def ask(self, method: str, params: object = None, number: int | str | None = None) -> Asked:
        """``number`` is the request's id; the next one if it is None."""
        if number is None:
            self._number += 1
            number = self._number
        asked = self.expect(number, method)
        self.write(framed({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        return asked

    def expect(self, number: int | str | None, method: str) -> Asked:
        """There will be an answer with this id, to something that the caller writes itself."""
        asked = Asked(method, time.monotonic(), self.step, asyncio.get_running_loop().create_future())
        self._pending.setdefault(number, []).append(asked)
        self.ledger.requests += 1
        return asked

    def cancel(self, asked: Asked) -> None:
        for number, all_of in self._pending.items():
            if asked in all_of:
                self.notify("$/cancelRequest", {"id": number})

    async def result(self, method: str, params: object = None) -> Any:
        """The result; None for an error, and when the server has ended."""
        return await result_of(self.ask(method, params))

    def write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the server has taken most of what was written, like an editor on a full pipe."""
        try:
            async with asyncio.timeout(30):
                await self._writer.drain()
        except TimeoutError:
            self.ledger.fail("the server reads nothing", f"{self.name}, for 30 s ({self.step})")
        except ConnectionError:
            pass  # the process has ended, which the reader notices

    def look_for_overdue(self, seconds: float) -> None:
        """Give up what was asked so long ago."""
        now = time.monotonic()
        for number, all_of in list(self._pending.items()):
            for asked in [each for each in all_of if now - each.sent > seconds]:
                self._fail(f"no answer in {seconds:.0f} s", asked)
                self._drop(number, asked, {"error": {"message": "no answer"}})

    async def end(self, seconds: float) -> None:
        """``shutdown`` and ``exit``; kill what has not ended then."""
        shut = self.ask("shutdown")
        await asyncio.wait([shut.answer, self._reading], timeout=seconds, return_when="FIRST_COMPLETED")
        self.write(framed({"jsonrpc": "2.0", "method": "exit"}))
        try:
            async with asyncio.timeout(seconds):
                code = await self.process.wait()
            if code:
                self.ledger.fail("the server's status after shutdown and exit", f"{self.name}, {code}")
        except TimeoutError:
            self.ledger.fail("the server still runs after exit", f"{self.name}, after {seconds:.0f} s")
            self.process.kill()
            await self.process.wait()
        await self._reading
        for all_of in self._pending.values():
            for asked in all_of:
                self._fail("never an answer", asked)

    async def kill(self) -> None:
        """As when an editor's window is gone: nothing is expected any more."""
        self.process.kill()
        await self.process.wait()
        await self._reading

    async def _read(self) -> None:
        while (message := await self._message()) is not None:
            await self.reads.wait()
            if "method" not in message:
                self._settle(message)
            elif "id" in message:
                self._oblige(message)
            elif message["method"] == "holesmith/status":
                self.status = message["params"]
        for all_of in self._pending.values():
            for asked in all_of:
                if not asked.answer.done():
                    asked.answer.set_result({"error": {"message": "the server has ended"}})

    async def _message(self) -> Json | None:
        length = None
        try:
            while line := (await self._reader.readline()).strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            return None if length is None else json.loads(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def _oblige(self, message: Json) -> None:
        """What the server asks of a client."""
        result = [self.settings] if message["method"] == "workspace/configuration" else None
        self.write(framed({"jsonrpc": "2.0", "id": message["id"], "result": result}))

    def _settle(self, message: Json) -> None:
        number = message.get("id")
        if not (all_of := self._pending.get(number)):
            self.ledger.fail("an answer nobody waits for", f"{str(message)[:200]} ({self.step})")
            return
        asked, now = all_of[0], time.monotonic()
        self.ledger.answers += 1
        if (error := message.get("error")) is not None:
            self.ledger.cancelled += error["code"] == -32800
            self.ledger.errors[f"{error['code']} {asked.method}"] += 1
            if error["code"] == -32603:
                self._fail(f"a handler failed: {error['message'][:200]}", asked)
        else:
            self.ledger.latencies_ms.append((now - asked.sent) * 1000)
        if now - asked.sent > (bound := self._bound(asked.sent)):
            self._fail(f"an answer took more than {bound:.0f} s", asked)
        self._drop(number, asked, message)

    def _fail(self, kind: str, asked: Asked) -> None:
        seconds = time.monotonic() - asked.sent
        steps = f"asked in {asked.step}, now {self.step}"
        self.ledger.fail(kind, f"{self.name}, {asked.method}, {seconds:.1f} s; {steps}")

    def _drop(self, number: int | str | None, asked: Asked, answer: Json) -> None:
        self._pending[number].remove(asked)
        if not self._pending[number]:
            del self._pending[number]
        if not asked.answer.done():
            asked.answer.set_result(answer)


async def converse(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    ledger: Ledger,
    bound: Callable[[float], float],
    name: str,
) -> Conversation:
    """Start a server; its standard error goes to the end of ``log``."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=1 << 26,
            cwd="/",
            env=dict(environment),
        )
    return Conversation(process, ledger, bound, name)


async def result_of(asked: Asked) -> Any:
    return (await asked.answer).get("result")


def framed(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
