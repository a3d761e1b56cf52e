"""No server outlives its client, and no process a server, however the end comes about."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.client import FAKE_SERVER, REAL_SERVER
from tests.e2e.raw_client import RawClient, framed, inline, raw_client

END_SECONDS = 30  # far more than it takes, for a machine that is busy


async def ends(client: RawClient) -> int:
    assert client.process is not None
    async with asyncio.timeout(END_SECONDS):
        return await client.process.wait()


@asynccontextmanager
async def program(*command: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def unread_server(process_id: int | None) -> AsyncGenerator[tuple[asyncio.subprocess.Process, int]]:
    """A server whose answers fill the pipe, which stays open and is never read; and where it reads from."""
    from_client, to_server = os.pipe()
    unread, from_server = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *FAKE_SERVER, stdin=from_client, stdout=from_server, stderr=asyncio.subprocess.DEVNULL, cwd="/"
    )
    os.close(from_client)
    os.close(from_server)
    os.set_blocking(to_server, False)
    try:
        params = {"processId": process_id, "capabilities": {}}
        messages = [{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}]
        messages += [{"jsonrpc": "2.0", "id": n, "method": "holesmith/status"} for n in range(1, 1_000)]
        data = b"".join(map(framed, messages))
        async with asyncio.timeout(END_SECONDS):
            while data:
                try:
                    data = data[os.write(to_server, data) :]
                except BlockingIOError:
                    await asyncio.sleep(0)
        yield process, to_server
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        os.close(unread)


async def test_a_client_that_never_reads_and_is_killed_takes_the_server_with_it() -> None:
    async with program("sleep", "600") as parent, unread_server(parent.pid) as (server, to_server):
        parent.kill()
        async with asyncio.timeout(END_SECONDS):
            assert await server.wait() == 1
        os.close(to_server)


async def test_a_client_that_never_reads_and_closes_its_stream_takes_the_server_with_it() -> None:
    async with unread_server(None) as (server, to_server):
        os.close(to_server)
        async with asyncio.timeout(END_SECONDS):
            assert await server.wait() == 1


async def test_a_client_that_is_dead_but_not_buried_is_gone() -> None:
    """Nobody asks how the client ended, so the system keeps its number."""
    script = (
        "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    )
    careless = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert careless.stdout is not None
    try:
        child = int(await careless.stdout.readline())
        async with raw_client(processId=child) as client:
            assert await client.lives()
            os.kill(child, signal.SIGKILL)
            assert await ends(client) == 1
    finally:
        careless.kill()
        await careless.wait()


async def test_a_client_that_is_only_frozen_keeps_its_server() -> None:
    async with program("sleep", "600") as parent, raw_client(processId=parent.pid) as client:
        parent.send_signal(signal.SIGSTOP)
        assert await client.lives()
        parent.send_signal(signal.SIGCONT)
        assert await client.lives()


def nothing(client: RawClient) -> None: ...


def initialize(client: RawClient) -> None:
    client.send(id=0, method="initialize", params={"processId": None, "capabilities": {}})


def load_for_ever(client: RawClient) -> None:
    params = {"processId": None, "capabilities": {}, "initializationOptions": {"model": "stubborn"}}
    client.send(id=0, method="initialize", params=params)
    client.send(method="initialized", params={})


def shut_down_while_loading(client: RawClient) -> None:
    load_for_ever(client)
    client.send(id=1, method="shutdown")


def half_a_message(client: RawClient) -> None:
    initialize(client)
    client.write(b"Content-Length: 1000\r\n\r\n{")


def ask_for_ever(client: RawClient) -> None:
    initialize(client)
    client.send(method="initialized", params={})
    client.open("slow")
    client.send(id=1, method="textDocument/inlineCompletion", params=inline(0, 4))


@pytest.mark.parametrize(
    "moment",
    [nothing, initialize, load_for_ever, shut_down_while_loading, half_a_message, ask_for_ever],
)
async def test_the_stream_may_end_at_any_moment(moment: Callable[[RawClient], None]) -> None:
    async with raw_client(initialize=False) as client:
        moment(client)
        client.writer.close()
        assert await ends(client) in (0, 1)


async def test_a_blocked_event_loop_does_not_keep_the_process() -> None:
    async with raw_client() as client:
        await client.loaded()
        client.open("block")
        client.send(id=1, method="textDocument/inlineCompletion", params=inline(0, 5))
        client.writer.close()
        assert await ends(client) == 1


def processes_of(session: int) -> Iterable[int]:
    """The living processes of a session, however they came to be and whoever their parent is now."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has just ended
        if int(of) == session and state != "Z":
            yield int(path.parent.name)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many files that the first scan is still going on when the test has got ready."""
    root = tmp_path_factory.mktemp("workspace")
    (root / ".git").mkdir()
    for folder in range(40):
        (root / f"part{folder}").mkdir()
        for file in range(100):
            text = "".join(f"def name_{folder}_{file}_{n}(a: int) -> int:\n    return a\n" for n in range(20))
            (root / f"part{folder}" / f"file{file}.py").write_text(text)
    return root


@asynccontextmanager
async def scanning_server(workspace: Path) -> AsyncGenerator[RawClient]:
    """A real server that has its indexer in its first scan, and an analysis worker."""
    process = await asyncio.create_subprocess_exec(
        *REAL_SERVER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    client = RawClient(process.stdout, process.stdin, process)
    try:
        await client.initialize(
            initializationOptions={"model": "/no/model.gguf"},
            workspaceFolders=[{"uri": workspace.as_uri(), "name": "w"}],
        )
        client.open("import os\nos.", (workspace / "part0" / "file0.py").as_uri())
        async with asyncio.timeout(60):
            while len(list(processes_of(process.pid))) < 3 or not await is_indexing(client):
                await asyncio.sleep(0.05)
        yield client
    finally:
        for each in processes_of(process.pid):
            os.kill(each, signal.SIGKILL)
        await process.wait()


async def is_indexing(client: RawClient) -> bool:
    status = (await client.request(7, "holesmith/status"))["result"]
    return "index" in (status["activity"] or "")


def is_killed(client: RawClient) -> None:
    assert client.process is not None
    client.process.kill()


def is_terminated(client: RawClient) -> None:
    assert client.process is not None
    client.process.terminate()


def is_interrupted(client: RawClient) -> None:
    assert client.process is not None
    client.process.send_signal(signal.SIGINT)


def loses_its_client(client: RawClient) -> None:
    client.writer.close()


def exits(client: RawClient) -> None:
    client.send(method="exit")


def shuts_down(client: RawClient) -> None:
    client.send(id=8, method="shutdown")
    client.send(method="exit")


@pytest.mark.slow
@pytest.mark.parametrize(
    "end", [is_killed, is_terminated, is_interrupted, loses_its_client, exits, shuts_down]
)
async def test_no_process_outlives_the_server_in_its_first_scan(
    end: Callable[[RawClient], None], workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    async with scanning_server(workspace) as client:
        assert client.process is not None
        end(client)
        async with asyncio.timeout(END_SECONDS):
            await client.process.wait()
            while left := list(processes_of(client.process.pid)):
                await asyncio.sleep(0.05)
        assert left == []
