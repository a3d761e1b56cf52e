"""Processes of the server killed and frozen while a client types: nothing waits for them, and none is left.

With no model, everything but the suggestions themselves is real.
"""

import asyncio
import os
import random
import shutil
import signal
import sysconfig
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import EnvironmentQuestion

from tests.e2e.client import REAL_SERVER
from tests.e2e.raw_client import RawClient, inline, raw_client

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are read from /proc")

WORKER, INDEXER = b"holesmith.analysis.worker.main", b"holesmith.context.index.process.indexer"
ANSWER_SECONDS = 10.0
END_SECONDS = 15.0
WORKERS_MAX = 4

Process = tuple[int, str]


def started(process: int) -> str | None:
    """When a process was started, by which it is told from a later one of its number; None if it is gone."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        return None if fields[0] == "Z" else fields[19]
    return None


def children(parent: int) -> list[int]:
    found = list[int]()
    for entry in Path("/proc").iterdir():
        with suppress(OSError, IndexError, ValueError):
            if int((entry / "stat").read_text().rpartition(") ")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def running(parent: int, module: bytes) -> list[int]:
    found = list[int]()
    for child in children(parent):
        with suppress(OSError):
            if module in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


async def until(condition: Callable[[], object], seconds: float = END_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


class Server:
    """A real server on a workspace of its own, and every child that it ever had."""

    def __init__(self, client: RawClient, root: Path) -> None:
        assert client.process is not None
        self.client, self.root, self.number = client, root, 0
        self.process = client.process.pid
        self.seen: set[Process] = set()

    def note(self) -> None:
        self.seen |= {
            (child, when) for child in children(self.process) if (when := started(child)) is not None
        }

    def alive(self) -> list[int]:
        return [process for process, when in self.seen if started(process) == when]

    async def ask(self, method: str, params: object = None) -> dict[str, object]:
        """Each must be answered within ANSWER_SECONDS, whatever has just happened to the children."""
        self.note()
        self.number += 1
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.client.request(self.number, method, params)

    def open(self, path: Path, text: str) -> None:
        self.client.open(text, path.as_uri())

    def type(self, path: Path, version: int, text: str) -> None:
        """At the end of the first line."""
        place = {"line": 0, "character": version - 2}
        change = {"range": {"start": place, "end": place}, "text": text}
        document = {"uri": path.as_uri(), "version": version}
        self.client.send(
            method="textDocument/didChange", params={"textDocument": document, "contentChanges": [change]}
        )

    def tell_changed(self, *names: str) -> None:
        changes = [{"uri": (self.root / name).as_uri(), "type": 2} for name in names]
        self.client.send(method="workspace/didChangeWatchedFiles", params={"changes": changes})


@asynccontextmanager
async def server(tmp_path: Path) -> AsyncGenerator[Server]:
    root = tmp_path / "workspace"
    shutil.copytree(
        Path(sysconfig.get_path("stdlib"), "json"), root, ignore=shutil.ignore_patterns("__pycache__")
    )
    folders = [{"uri": root.as_uri(), "name": "w"}]
    async with raw_client(
        command=REAL_SERVER, workspaceFolders=folders, initializationOptions={"model": "no-such-model"}
    ) as client:
        opened = Server(client, root)
        try:
            yield opened
        finally:
            for process in opened.alive():
                os.kill(process, signal.SIGKILL)


async def ended(opened: Server, how: str, seconds: float = END_SECONDS) -> list[int]:
    """End the server in one of several ways; the children that still run ``seconds`` later."""
    opened.note()
    assert opened.client.process is not None
    if how == "exit":
        await opened.ask("shutdown")
        opened.client.send(method="exit")
    elif how == "closed":
        opened.client.writer.close()
    else:
        opened.client.process.kill()
    async with asyncio.timeout(END_SECONDS):
        await opened.client.process.wait()
    with suppress(TimeoutError):
        await until(lambda: not opened.alive(), seconds)
    return opened.alive()


METHODS = (
    "textDocument/inlineCompletion",
    "textDocument/inlineCompletion",
    "holesmith/explain",
    "chatlsp/errorReport",
)


async def test_children_killed_and_frozen_at_random_while_a_client_types(tmp_path: Path) -> None:
    draw = random.Random(1)
    async with server(tmp_path) as opened:
        path = opened.root / "decoder.py"
        opened.open(path, "\nimport os\n")
        await until(lambda: running(opened.process, WORKER) and running(opened.process, INDEXER))
        for key in range(40):
            opened.type(path, key + 2, "abc. = ("[key % 8])
            at = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 0, "character": key + 1}}
            await opened.ask(draw.choice(METHODS), {**at, "context": {"triggerKind": 1}, "text": "x"})
            if draw.random() < 0.2:
                for process in running(opened.process, draw.choice((WORKER, INDEXER))):
                    os.kill(process, draw.choice((signal.SIGKILL, signal.SIGSTOP)))
            if draw.random() < 0.2:
                opened.tell_changed("decoder.py", "scanner.py")
        assert len(running(opened.process, WORKER)) <= WORKERS_MAX
        assert await ended(opened, "exit") == []


async def test_a_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    async with server(tmp_path) as opened:
        path = opened.root / "decoder.py"
        opened.open(path, "import os\nos.")
        at = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 1, "character": 3}}
        await opened.ask("chatlsp/expectedType", at)
        (killed,) = running(opened.process, WORKER)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: started(killed) is None)
        await opened.ask("chatlsp/expectedType", at)
        answer = await opened.ask("holesmith/explain", at)
        hole = answer["result"]["hole"]  # type: ignore[index]
        assert hole["worker"]["is_running"]
        assert hole["worker"]["process_id"] != killed


async def test_a_frozen_indexer_and_thousands_of_changed_files_hold_nothing_up(tmp_path: Path) -> None:
    async with server(tmp_path) as opened:
        opened.open(opened.root / "decoder.py", "import os\n")
        await until(lambda: running(opened.process, INDEXER))
        (indexer,) = running(opened.process, INDEXER)
        os.kill(indexer, signal.SIGSTOP)
        for start in range(0, 4_000, 500):
            opened.tell_changed(*(f"folder/module_{number}.py" for number in range(start, start + 500)))
            opened.number += 1
            async with asyncio.timeout(1):
                await opened.client.request(opened.number, "holesmith/status")
        assert await ended(opened, "exit") == []


@pytest.mark.parametrize("how", ["exit", "closed", "killed"])
async def test_however_the_server_ends_while_a_child_is_frozen_in_a_scan_none_is_left(
    tmp_path: Path, how: str
) -> None:
    async with server(tmp_path) as opened:
        for number in range(2_000):
            (opened.root / f"m{number}.py").write_text(f"def f{number}(x):\n    return x\n" * 20)
        opened.open(opened.root / "decoder.py", "import os\nos.")
        await until(lambda: running(opened.process, WORKER) and running(opened.process, INDEXER))
        while "indexing" not in str((await opened.ask("holesmith/status"))["result"]):
            await asyncio.sleep(0.02)
        frozen = children(opened.process)
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        left = await ended(opened, how, seconds=1)
        for process in left if how == "killed" else ():  # whom nobody can end: it goes on some time
            os.kill(process, signal.SIGCONT)
        with suppress(TimeoutError):
            await until(lambda: not opened.alive())
        assert opened.alive() == []


async def test_files_of_many_folders_do_not_make_workers_without_end(tmp_path: Path) -> None:
    packages = sorted({path.parent for path in Path(sysconfig.get_path("stdlib")).glob("*/__init__.py")})
    async with server(tmp_path) as opened:
        for package in packages[:9]:
            path = package / "__init__.py"
            opened.open(path, path.read_text("utf-8", "replace"))
            await opened.ask("textDocument/inlineCompletion", inline(0, 0, path.as_uri()))
        for package in packages[:9]:  # whoever was put out for another asks again
            await opened.ask("chatlsp/expectedType", inline(0, 0, (package / "__init__.py").as_uri()))
            assert len(running(opened.process, WORKER)) <= WORKERS_MAX + 1  # one is on its way out
        assert await ended(opened, "exit") == []


async def test_a_closed_analysis_starts_no_worker_for_whoever_still_holds_it(tmp_path: Path) -> None:
    client = AnalysisClient(Options(str(tmp_path), str(tmp_path / "cache")))
    await client.warm_up()
    await client.close()
    reply = await client.ask(EnvironmentQuestion(), 5_000)
    assert (reply.answer, reply.reason) == (None, "closed")
    assert not client.status.is_running
    assert running(os.getpid(), WORKER) == []


async def test_two_servers_on_one_workspace_and_one_is_killed(tmp_path: Path) -> None:
    async with server(tmp_path / "a") as first:
        folders = [{"uri": first.root.as_uri(), "name": "w"}]
        async with raw_client(
            command=REAL_SERVER, workspaceFolders=folders, initializationOptions={"model": "no-such-model"}
        ) as client:
            second = Server(client, first.root)
            for each in (first, second):
                each.open(first.root / "decoder.py", "import os\nos.")
            await until(lambda: running(first.process, INDEXER))
            for _ in range(10):
                for each in (first, second):
                    await each.ask(
                        "textDocument/inlineCompletion", inline(1, 3, (first.root / "decoder.py").as_uri())
                    )
            assert await ended(first, "killed") == []
            status = await second.ask("holesmith/status")
            assert status["result"]["last_failure"] is None  # type: ignore[index]
            assert await ended(second, "exit") == []
