"""The worker process under attack: the client answers in time whatever happens to it."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from holesmith.analysis.answers import Members
from holesmith.analysis.blocking_client import BlockingAnalysisClient
from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.questions import A, ExpectedTypeQuestion, MembersQuestion, Question, Source
from holesmith.analysis.wire import to_json
from holesmith.analysis.worker import main

PATIENCE_MS = 30_000.0


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[AnalysisClient]:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    client = AnalysisClient(Options(str(workspace)), hang_s=0.5)
    assert (await client.warm_up()).answer is not None
    yield client
    await client.close()


def members(text: str, path: str | None = None) -> MembersQuestion:
    return MembersQuestion(Source(path, text), len(text))


async def assert_works(client: AnalysisClient) -> None:
    reply = await client.ask(members('"".'), PATIENCE_MS)
    assert reply.answer is not None
    assert reply.answer.is_complete
    assert "upper" in {member.name for member in reply.answer.members}


async def assert_in_time(client: AnalysisClient, question: MembersQuestion, deadline_ms: float) -> None:
    started = time.monotonic()
    await client.ask(question, deadline_ms)
    assert (time.monotonic() - started) * 1000 < deadline_ms + 500


def worker_id(client: AnalysisClient) -> int:
    worker_id = client.status.process_id
    assert worker_id is not None
    return worker_id


async def test_killed_worker_is_replaced(client: AnalysisClient) -> None:
    before = worker_id(client)
    os.kill(before, signal.SIGKILL)
    await client.ask(members('"".'), PATIENCE_MS)
    await assert_works(client)
    assert worker_id(client) != before
    assert client.status.restarts == 1


async def test_frozen_worker_costs_one_deadline_and_is_replaced(client: AnalysisClient) -> None:
    before = worker_id(client)
    os.kill(before, signal.SIGSTOP)
    reply = await client.ask(members('"".'), 100)
    assert reply.answer is None
    await assert_works(client)
    assert worker_id(client) != before


async def test_worker_that_grows_is_replaced(client: AnalysisClient) -> None:
    before = worker_id(client)
    client.memory_bytes_max = 1
    await assert_works(client)
    client.memory_bytes_max = 2**40
    await assert_works(client)
    assert worker_id(client) != before


async def test_worker_that_keeps_dying_is_left_alone_for_a_while(client: AnalysisClient) -> None:
    client.memory_bytes_max = 1
    for _ in range(9):
        await client.ask(members('"".'), PATIENCE_MS)
    reply = await client.ask(members('"".'), PATIENCE_MS)
    assert reply.answer is None
    assert "off for a while" in reply.reason
    assert client.status.restarts == 5


async def test_a_document_that_ends_the_worker_costs_other_documents_nothing(client: AnalysisClient) -> None:
    for _ in range(9):
        client.memory_bytes_max = 1
        await client.ask(members('"".', "/shop/hostile.py"), PATIENCE_MS)
    client.memory_bytes_max = 2**40
    reply = await client.ask(members('"".', "/shop/hostile.py"), PATIENCE_MS)
    assert "off for a while" in reply.reason
    reply = await client.ask(members('"".', "/shop/plain.py"), PATIENCE_MS)
    assert reply.answer is not None
    await assert_works(client)


HOSTILE = {
    "brackets": "(" * 120_000,
    "lists": "[" * 400_000,
    "operators": "-" * 400_000,
    "strings in strings": "f'{" * 100_000,
    "deep indentation": "".join(" " * depth + "if x:\n" for depth in range(600)),
    "one long line": "a+" * 250_000,
    "attributes": "a" + ".b" * 200_000,
    "calls": "f(" * 50_000 + ")" * 50_000,
    "lambdas": "lambda:" * 50_000,
    "backslashes": "\\\n" * 100_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_costs_other_documents_nothing(client: AnalysisClient, kind: str) -> None:
    """Whether as the document or as a module that it imports."""
    root = Path(client.options.root)
    (root / "hostile.py").write_text(HOSTILE[kind])
    await client.ask(members(HOSTILE[kind] + "\n''.", str(root / "open.py")), 300)
    await client.ask(members("import hostile\nhostile.", str(root / "other.py")), 300)
    reply = await client.ask(members('"".', str(root / "plain.py")), PATIENCE_MS)
    assert reply.answer is not None
    assert "upper" in {member.name for member in reply.answer.members}


async def test_five_megabytes_are_refused_at_once(client: AnalysisClient) -> None:
    text = "x = 1\n" * 900_000 + '"".'
    reply = await client.ask(members(text), PATIENCE_MS)
    assert reply.answer is None
    assert "characters" in reply.reason
    await assert_in_time(client, members(text), 50)
    await assert_works(client)


async def test_deep_nesting(client: AnalysisClient) -> None:
    await assert_in_time(client, members("x = " + "[" * 200 + '"".'), 2_000)
    await assert_in_time(client, members("x = " + "(" * 5_000 + '"".'), 2_000)
    await assert_works(client)


async def test_recursive_type(client: AnalysisClient) -> None:
    text = "class A(A): ...\nclass B(C): ...\nclass C(B): ...\nx: 'list[x]' = A()\ndef f(): return f()\n"
    for expression in ("A().", "B().", "x.", "f()."):
        await assert_in_time(client, members(text + expression), 2_000)
    await assert_works(client)


@pytest.mark.parametrize("text", ["\ud800.", "\0.", "x\r\n\f\u2028.", "é😀 = ''\né😀.", "a" * 100_000 + "."])
async def test_strange_text(client: AnalysisClient, text: str) -> None:
    await assert_in_time(client, members(text), 3_000)
    await assert_works(client)


@pytest.mark.slow
async def test_project_of_twenty_thousand_files(client: AnalysisClient) -> None:
    root = Path(client.options.root)
    for package in range(200):
        directory = root / f"package{package}"
        directory.mkdir()
        for module in range(100):
            (directory / f"module{module}.py").touch()
    text = "import package1.module1\n\nclass A:\n    field = ''\n\nprint(A()."
    await assert_in_time(client, members(text, str(root / "main.py")), 1_000)
    reply = await client.ask(members(text, str(root / "main.py")), PATIENCE_MS)
    assert reply.answer is not None
    assert "field" in {member.name for member in reply.answer.members}


async def test_endless_question_is_interrupted_and_the_next_is_answered(client: AnalysisClient) -> None:
    names = "\n".join(f"a{n} = [a{n - 1}, a{n - 1}, a{n - 1}]" for n in range(1, 400))
    question = members(f"a0 = []\n{names}\na399[0][0][0].")
    await assert_in_time(client, question, 100)
    await assert_works(client)
    assert client.status.restarts == 0


async def test_cancelled_question_does_not_disturb_the_next(client: AnalysisClient) -> None:
    task = asyncio.ensure_future(client.ask(members('"".'), PATIENCE_MS))
    await asyncio.sleep(0)
    task.cancel()
    await assert_works(client)


async def test_burst_of_questions_is_bounded(client: AnalysisClient) -> None:
    replies = await asyncio.gather(*(client.ask(members('"".'), PATIENCE_MS) for _ in range(100)))
    answered = [reply for reply in replies if reply.answer is not None]
    refused = [reply for reply in replies if reply.reason == "too many questions"]
    assert answered
    assert refused
    assert len(answered) + len(refused) == 100


async def test_questions_that_nobody_waits_for_take_no_place(client: AnalysisClient) -> None:
    os.kill(worker_id(client), signal.SIGSTOP)
    for _ in range(40):
        assert (await client.ask(members('"".'), 1)).reason == "late"
    await assert_works(client)


async def test_workspace_never_takes_the_place_of_a_module(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w').close()\nraise SystemExit\n"
    workspace = tmp_path / "workspace"
    (workspace / ".venv" / "bin").mkdir(parents=True)
    (workspace / ".venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (workspace / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
    interpreter = workspace / ".venv" / "bin" / "python"
    interpreter.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    interpreter.chmod(0o755)
    (workspace / ".venv" / "lib" / "python3.11" / "site-packages" / "evil.pth").write_text(
        f"import os; {trap!r}\n"
    )
    for name in (
        "dataclasses",
        "jedi",
        "json",
        "os",
        "parso",
        "sitecustomize",
        "usercustomize",
        "typing",
        "zzz",
    ):
        (workspace / f"{name}.py").write_text(trap)
    here = Path.cwd()
    os.chdir(workspace)
    client = AnalysisClient(Options(str(workspace), virtual_env=str(workspace / ".venv")))
    try:
        environment = (await client.warm_up()).answer
        assert environment is not None
        assert environment.path == str(workspace / ".venv")
        assert environment.version == "3.11"
        text = "import zzz, dataclasses, json\nprint(json."
        for question in (
            members(text, str(workspace / "main.py")),
            members("import zzz\nzzz.", str(workspace / "m.py")),
        ):
            await client.ask(question, PATIENCE_MS)
        await assert_works(client)
    finally:
        os.chdir(here)
        await client.close()
    assert not (tmp_path / "sprung").exists()


async def test_source_beside_an_extension_module_is_found(client: AnalysisClient) -> None:
    package = Path(client.options.root) / "compiled"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "part.py").write_text("class Known:\n    field = 1\n")
    for suffix in EXTENSION_SUFFIXES:
        (package / f"part{suffix}").write_bytes(b"not to be loaded")
    text = "from compiled.part import Known\nprint(Known()."
    reply = await client.ask(members(text, str(Path(client.options.root) / "main.py")), PATIENCE_MS)
    assert reply.answer is not None
    assert reply.answer.is_complete
    assert "field" in {member.name for member in reply.answer.members}


def test_blocking_client(tmp_path: Path) -> None:
    with BlockingAnalysisClient(Options(str(tmp_path), python=sys.prefix)) as client:
        environment = client.warm_up().answer
        assert environment is not None
        assert environment.origin == "setting"
        text = "x: int = "
        reply = client.ask(ExpectedTypeQuestion(Source(None, text), len(text)), PATIENCE_MS)
        assert reply.answer is not None
        assert reply.answer.expected is not None
        assert reply.answer.expected.type == "int"
    assert not client.status.is_running


@pytest.mark.parametrize("state", ["waiting", "answering", "stopped"])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that is stopped")
def test_worker_ends_with_its_client_however_that_ended(tmp_path: Path, state: str) -> None:
    task = "ask" if state == "answering" else "wait"
    command = [
        sys.executable,
        "-I",
        str(Path(__file__).with_name("client_of_worker.py")),
        str(tmp_path),
        task,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker_id = int(parent.stdout.readline())
        with open_process(worker_id) as ended:
            if state == "stopped":
                os.kill(worker_id, signal.SIGSTOP)
            assert not select.select([ended], [], [], 0.0)[0]
            parent.kill()
            is_ended = bool(select.select([ended], [], [], 20.0)[0])
            if not is_ended:
                os.kill(worker_id, signal.SIGKILL)
    assert is_ended


@contextmanager
def open_process(process_id: int) -> Generator[int]:
    """A descriptor that can be read once the process has ended."""
    descriptor = os.pidfd_open(process_id)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class SlowAnalyser:
    """Takes 50 ms for each question."""

    def answer(self, question: Question[A], deadline: Deadline) -> A | None:
        stop = time.monotonic() + 0.05
        while time.monotonic() < stop:
            pass
        assert isinstance(question, MembersQuestion)
        return cast("A", Members((), is_complete=True, receiver_type=None, reason=""))


def test_answer_that_comes_late_is_worked_out_all_the_same_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But not after one that took too long even so: the questions behind it have waited in vain."""
    message = ["MembersQuestion", to_json(members("x.")), 1.0]
    overtime = main.GracePeriod()
    assert main.respond(SlowAnalyser(), message, overtime)[0] is not None
    monkeypatch.setattr(main, "OVERTIME_MS", 10.0)
    assert main.respond(SlowAnalyser(), message, overtime)[1] == "late"
    monkeypatch.undo()
    assert main.respond(SlowAnalyser(), message, overtime)[1] == "late"
