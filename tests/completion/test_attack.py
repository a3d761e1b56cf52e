"""Whatever happens to static analysis, the completion comes, and in time."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from holesmith.completion.answer import Answer
from holesmith.completion.model_host import Progress
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.engine.interface import Engine

from tests.fakes import FakeEngine

IN_TIME_S = 4.0
"""Answers of analysis count for 0.4 s; the rest is for a machine that does other things as well."""
TEXT = "class Order:\n    def total(self): ...\n\norder = Order()\nprint(order.‸)\n"


@dataclass
class Editor:
    """A service with a scripted model and real analysis of a folder."""

    service: Service
    workspaces: Workspaces
    folder: Path

    def snapshot(self, marked: str) -> Snapshot:
        offset = marked.index("‸")
        path, text = str(self.folder / "main.py"), marked.replace("‸", "")
        return Snapshot(path, "python", text, offset, str(self.folder), invoked=True)

    async def complete(self, marked: str) -> Answer:
        """The completion, which has to come in time."""
        started = time.monotonic()
        answer = await self.service.complete(self.snapshot(marked))
        assert time.monotonic() - started < IN_TIME_S
        return answer

    async def assert_completes(self, marked: str, expected: str = "total()") -> Answer:
        answer = await self.complete(marked)
        assert answer.completion is not None, answer.reason
        assert answer.completion.text == expected
        return answer

    async def worker_id(self) -> int:
        client = await self.workspaces.open(str(self.folder))
        await client.warm_up()
        assert client.status.process_id is not None
        return client.status.process_id


def fake_engine(_options: Options, _progress: Progress) -> Engine:
    return FakeEngine("total()\n")


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    workspaces = Workspaces()
    options = Options(facts=True)
    service = Service(options, loader=fake_engine, retrieval=Retrieval(), workspaces=workspaces)
    await service.load()
    editor = Editor(service, workspaces, tmp_path)
    await service.open(editor.snapshot(TEXT))
    yield editor
    await service.close()


async def test_a_killed_worker(editor: Editor) -> None:
    before = await editor.worker_id()
    os.kill(before, signal.SIGKILL)
    await editor.assert_completes(TEXT)
    await editor.assert_completes(TEXT + "\n")
    assert await editor.worker_id() != before
    answer = await editor.assert_completes(TEXT + "\n\n")
    assert answer.monitors.allowed >= 1


async def test_a_worker_killed_in_the_middle_of_questions(editor: Editor) -> None:
    for number in range(3):
        process_id = await editor.worker_id()
        asked = asyncio.ensure_future(editor.assert_completes(TEXT + "\n" * number))
        await asyncio.sleep(0)
        os.kill(process_id, signal.SIGKILL)
        await asked


async def test_a_frozen_worker(editor: Editor) -> None:
    process_id = await editor.worker_id()
    os.kill(process_id, signal.SIGSTOP)
    answer = await editor.assert_completes(TEXT)
    assert {fired.outcome for fired in answer.monitors.fired} <= {"late", "unknown"}
    for number in range(1, 4):
        await editor.assert_completes(TEXT + "\n" * number)


@pytest.mark.slow
async def test_a_worker_that_is_killed_again_and_again(editor: Editor) -> None:
    for number in range(7):
        client = await editor.workspaces.open(str(editor.folder))
        if client.status.process_id is not None:
            os.kill(client.status.process_id, signal.SIGKILL)
        await editor.assert_completes(TEXT + "\n" * number)


async def test_a_file_of_five_megabytes(editor: Editor) -> None:
    line = "value = compute(1, 2)\n"
    answer = await editor.complete(line * (5_100_000 // len(line)) + TEXT)
    assert "more than 5,000,000 characters" in answer.reason
    await editor.assert_completes(line * (4_900_000 // len(line)) + TEXT)
    await editor.assert_completes(TEXT + line * (4_900_000 // len(line)))
    await editor.assert_completes("data = '" + "x" * 4_000 + "'\n" * 1_000 + TEXT)


async def test_nested_brackets(editor: Editor) -> None:
    for depth in (200, 2_000):
        await editor.complete("x = " + "[" * depth + "order.‸")
        await editor.complete("x = " + "f(" * depth + "order.‸" + ")" * depth)
        await editor.complete("x = " + "{'a': [" * depth + "‸" + "]}" * depth + "\n")
    await editor.assert_completes(TEXT)


async def test_recursive_types(editor: Editor) -> None:
    types = (
        "from typing import Union\n"
        "Json = Union[dict[str, 'Json'], list['Json'], str]\n"
        "class A(A): ...\nclass B(C): ...\nclass C(B): ...\n"
        "class Node:\n    next: 'Node'\n    def total(self) -> 'Node': return self.next.total()\n"
        "def f(): return g()\ndef g(): return f()\n"
        "def h(x: Json, node: Node, a: A):\n"
    )
    for expression in ("x[0].‸", "node.next.next.next.‸", "a.‸", "B().‸", "f().‸", "x = ‸"):
        await editor.complete(types + "    print(" + expression + ")\n")
    await editor.assert_completes(types + "    print(node.next.total().‸)\n")


async def test_an_endless_inference(editor: Editor) -> None:
    names = "\n".join(f"a{n} = [a{n - 1}, a{n - 1}, a{n - 1}]" for n in range(1, 400))
    await editor.assert_completes(f"a0 = []\n{names}\nprint(a399[0][0][0].‸)\n")
    await editor.assert_completes(TEXT)


@pytest.mark.slow
async def test_a_project_of_twenty_thousand_files(editor: Editor) -> None:
    for package in range(200):
        directory = editor.folder / f"package{package}"
        directory.mkdir()
        for module in range(100):
            (directory / f"module{module}.py").write_text(f"def function{module}(): ...\n")
    opening = asyncio.ensure_future(editor.service.open(editor.snapshot(TEXT)))
    await editor.assert_completes("import package1.module1\n" + TEXT)
    await opening
    await editor.assert_completes("from package2 import module2\n" + TEXT)
