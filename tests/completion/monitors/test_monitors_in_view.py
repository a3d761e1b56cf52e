"""What the monitors did is told: in the answer, in words and as JSON, and counted in the status."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from holesmith.analysis.client import AnalysisClient, Reply
from holesmith.analysis.questions import EnvironmentQuestion, Source, WarmUpQuestion
from holesmith.cli.complete import as_json
from holesmith.completion.answer import Answer
from holesmith.completion.explanation.document import Document
from holesmith.completion.explanation.monitor_section import monitor_section
from holesmith.completion.explanation.plain_text import plain_text
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.lsp.features.explanations import Explanation
from lsprotocol import types

from tests.fakes import FakeEngine

HEAD = "class Cart:\n    total = 1\n\n\ndef buy(cart: Cart):\n    return "
PATIENT = Options(answer_ms_max=60_000.0, check_ms_max=60_000.0, context=False)


class Obstinate(FakeEngine):
    """Writes an invented member first, and something else when it is sent back."""

    def __init__(self) -> None:
        super().__init__(lambda prompt: "total\n" if prompt.endswith("cart.") else "cart.totals\n")


@pytest.fixture
async def workspaces() -> AsyncIterator[Workspaces]:
    workspaces = Workspaces()
    yield workspaces
    await workspaces.close()


async def completed(
    engine: FakeEngine, workspaces: Workspaces, folder: Path, options: Options
) -> tuple[Answer, Snapshot, Service]:
    service = Service(options, loader=lambda _options, _progress: engine, workspaces=workspaces)
    await service.load()
    snapshot = Snapshot(str(folder / "a.py"), "python", HEAD + "\n", len(HEAD), workspace=str(folder))
    return await service.complete(snapshot), snapshot, service


async def test_a_refusal_is_told_and_counted(workspaces: Workspaces, tmp_path: Path) -> None:
    answer, snapshot, service = await completed(Obstinate(), workspaces, tmp_path, PATIENT)
    report = answer.monitors
    assert [(each.kind, each.text) for each in report.refusals] == [("member", "totals")]
    assert report.refusals[0].choices > 1
    assert report.rolled_back >= 1
    told = as_json(answer, snapshot)["monitors"]
    assert isinstance(told, dict)
    assert told["refused"] == 1
    assert told["refusals"][0]["text"] == "totals"
    assert told["asked"] == report.asked
    explained = Explanation("file:///a.py", types.Position(0, 0), answer).as_json()
    assert explained["monitors"] == told
    instead = told["refusals"][0]["instead"]
    assert instead.startswith("total")
    assert instead != "totals"
    shown = "\n".join(plain_text(Document("", tuple(monitor_section(report)))).lines)
    assert "The model wrote `totals`, which is no member there" in shown
    assert f"`{instead}` stands there instead." in shown
    status = service.status
    assert (status.refused, status.rolled_back) == (1, report.rolled_back)
    assert status.fired == report.triggers > 0
    await service.close()


@pytest.mark.parametrize(("missing", "is_shown"), [("abstractmethod", True), ("other", False)])
async def test_an_import_of_what_the_file_misses_is_shown_however_unlikely(
    missing: str, is_shown: bool, workspaces: Workspaces, tmp_path: Path
) -> None:
    engine = FakeEngine("abstractmethod\n" if is_shown else "get_cache_token\n")
    options = replace(PATIENT, confidence_min=0.5)
    service = Service(options, loader=lambda _options, _progress: engine, workspaces=workspaces)
    await service.load()
    head = "from abc import "
    snapshot = Snapshot(
        str(tmp_path / "a.py"), "python", f"{head}\n\nx = {missing}\n", len(head), workspace=str(tmp_path)
    )
    answer = await service.complete(snapshot)
    await service.close()
    assert (answer.completion is not None) == is_shown
    assert is_shown or "not sure" in answer.reason


async def test_what_a_document_imports_is_read_when_it_is_opened(workspaces: Workspaces) -> None:
    asked: list[object] = []

    async def note(_client: AnalysisClient, question: object, _deadline_ms: float) -> Reply[Any]:
        asked.append(question)
        return Reply(None, "", 0.0)

    service = Service(PATIENT, loader=lambda _options, _progress: FakeEngine(), workspaces=workspaces)
    snapshot = Snapshot("/shop/a.py", "python", "import json\n", 0, workspace="/shop")
    with patch.object(AnalysisClient, "ask", note):
        await service.open(snapshot)
        await service.open(replace(snapshot, path="/shop/a.java", language="java"))
    assert [type(each) for each in asked] == [EnvironmentQuestion, WarmUpQuestion]
    assert isinstance(asked[-1], WarmUpQuestion)
    assert asked[-1].source == Source("/shop/a.py", "import json\n")
    await service.close()


async def test_an_objection_of_the_last_check_is_told_and_counted(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    late = Options(answer_ms_max=0.0, check_ms_max=60_000.0, context=False)
    answer, snapshot, service = await completed(FakeEngine("carts\n"), workspaces, tmp_path, late)
    assert answer.completion is None
    assert "carts" in answer.monitors.objection
    assert "carts" in json.dumps(as_json(answer, snapshot)["monitors"])
    sections = Document("", tuple(monitor_section(answer.monitors)))
    assert any("The last check of the finished text" in line for line in plain_text(sections).lines)
    assert service.status.objections == 1
    assert service.status.late >= 1
    await service.close()
