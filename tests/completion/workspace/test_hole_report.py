"""What is said of a hole to whoever asks why, on the command line and in the editor."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from holesmith.completion.explanation.document import Document
from holesmith.completion.explanation.hole_section import hole_section
from holesmith.completion.explanation.plain_text import plain_text
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_report import HoleReport, hole_report

PATIENCE_MS = 30_000.0
LIBRARY = """\
class Invoice:
    number: int
    def total(self) -> float: ...

def load_invoice(number: int, *, draft: bool = False) -> Invoice: ...
"""


@pytest_asyncio.fixture
async def workspaces() -> AsyncIterator[Workspaces]:
    workspaces = Workspaces()
    yield workspaces
    await workspaces.close()


def snapshot(folder: Path, marked: str, name: str = "main.py", language: str = "python") -> Snapshot:
    (folder / "library.py").write_text(LIBRARY)
    offset = marked.index("‸")
    return Snapshot(str(folder / name), language, marked.replace("‸", ""), offset, str(folder))


def shown(hole: HoleReport) -> str:
    """What a person reads."""
    return "\n".join(plain_text(Document("", (hole_section(hole),))).lines)


async def report(workspaces: Workspaces, folder: Path, marked: str) -> HoleReport:
    return await report_on(workspaces, snapshot(folder, marked))


async def report_on(workspaces: Workspaces, taken: Snapshot, deadline_ms: float = PATIENCE_MS) -> HoleReport:
    return await hole_report(HoleContext(taken, await workspaces.of(taken)), deadline_ms)


async def test_an_argument(workspaces: Workspaces, tmp_path: Path) -> None:
    text = "from library import load_invoice\nlast = 7\nload_invoice(‸)\n"
    hole = await report(workspaces, tmp_path, text)
    assert (hole.kind, hole.subject, hole.argument, hole.reason) == ("argument", "load_invoice", 0, "")
    assert hole.expected is not None
    assert hole.expected.type == "int"
    found = {asked.question: asked for asked in hole.asked}
    assert found["call"].found == "load_invoice, 1 signature, by keyword: number, draft"
    assert found["call"].is_complete
    assert "last" in str(found["relevant headers"].found)
    assert found["imports"].found == "1 signature of 1 module"
    assert all(asked.elapsed_ms > 0 for asked in hole.asked)
    assert hole.worker is not None
    assert hole.worker.is_running
    assert "Missing is an argument of a call (number 1) of `load_invoice`." in shown(hole)
    assert "Expected type: `int`, by the annotation of parameter number of load_invoice." in shown(hole)
    assert "load_invoice, 1 signature, by keyword: number, draft, all there are" in shown(hole)


async def test_members_complete_and_not(workspaces: Workspaces, tmp_path: Path) -> None:
    hole = await report(workspaces, tmp_path, "from library import Invoice\nprint(Invoice().to‸)\n")
    members = hole.asked[0]
    assert (hole.kind, hole.word, hole.subject) == ("attribute", "to", "Invoice()")
    assert (members.question, members.is_complete, members.reason) == ("members", True, "")
    assert str(members.found).endswith("of Invoice")
    hole = await report(workspaces, tmp_path, "def f(x):\n    print(x.‸)\n")
    members = hole.asked[0]
    assert members.is_complete is False
    assert members.reason == "parameter x has no annotation"
    assert "perhaps more: parameter x has no annotation" in shown(hole)


async def test_what_is_asked_of_other_constructs(workspaces: Workspaces, tmp_path: Path) -> None:
    for text, kind, questions in (
        ("from library import ‸", "import", ["importable names"]),
        ("x: str = 'a‸'", "string", ["expected type"]),
        ("# a comment ‸", "comment", []),
        ("def ‸", "definition", []),
    ):
        hole = await report(workspaces, tmp_path, text)
        assert hole.kind == kind
        assert [asked.question for asked in hole.asked] == questions
        assert bool(hole.reason) == (not questions)


async def test_what_was_given_up_is_said(workspaces: Workspaces, tmp_path: Path) -> None:
    taken = snapshot(tmp_path, "x = 'a'\nx.‸")
    client = await workspaces.of(taken)
    assert client is not None
    await client.warm_up()
    assert client.status.process_id is not None
    os.kill(client.status.process_id, signal.SIGSTOP)
    async with asyncio.timeout(5):
        hole = await report_on(workspaces, taken, 100)
    assert [asked.found for asked in hole.asked] == [None, None]
    assert shown(hole).count("given up: ") == 2
    assert hole.environment == "not known: late"


async def test_other_languages_have_syntax_only(workspaces: Workspaces, tmp_path: Path) -> None:
    java = snapshot(tmp_path, "class A { int x = f(1, ‸", "A.java", "java")
    hole = await report_on(workspaces, java)
    assert (hole.kind, hole.argument) == ("argument", 1)
    assert hole.reason == "there is no static analysis for java here"
