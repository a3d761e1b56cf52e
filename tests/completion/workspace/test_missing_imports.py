"""A begun import goes on as the repository says, unless the model is sure of something else."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from holesmith.analysis.answers import MissingNames
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import MissingNamesQuestion, Question
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace import retrieval
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.context.index.process.foreground import index_now
from holesmith.engine.request import Constraint
from holesmith.system.private_files import CACHE_VARIABLE

from tests.fakes import FakeEngine

AFTER = "\n\nx = checkout()\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    for name in ("RETRIEVAL_MS_MAX", "RETRIEVAL_CLOCK_MS_MAX"):
        monkeypatch.setattr(retrieval, name, 60_000.0)
    root = tmp_path / "work"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "cart.py").write_text("def checkout(): ...\n")
    index_now(root)
    return root


@dataclass(slots=True)
class Analyst:
    """Knows what the document misses, and nothing else."""

    asked: list[object] = field(default_factory=list[object])

    async def ask(self, question: Question[Any], deadline_ms: float) -> Reply[Any]:
        self.asked.append(question)
        names = MissingNames(("checkout",)) if isinstance(question, MissingNamesQuestion) else None
        return Reply(names, "", 1.0)


@pytest.fixture
def analyst(monkeypatch: pytest.MonkeyPatch) -> Analyst:
    analyst = Analyst()

    async def of(_workspaces: Workspaces, _snapshot: Snapshot) -> Analyst:
        return analyst

    monkeypatch.setattr(Workspaces, "of", of)
    return analyst


async def constraints(root: Path, line: str, options: Options) -> tuple[Constraint, ...]:
    engine = FakeEngine("cart import checkout\n")
    service = Service(
        options, lambda status: None, lambda _options, _progress: engine, Retrieval(), Workspaces()
    )
    await service.load()
    try:
        snapshot = Snapshot(str(root / "main.py"), "python", line + AFTER, len(line), workspace=str(root))
        await service.complete(replace(snapshot, invoked=True))
    finally:
        await service.close()
    return engine.requests[0].constraints


OPTIONS = Options(prompt_tokens_max=3_000)


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("from shop.", b".cart import checkout"),
        ("from shop.ca", b".cart import checkout"),
        ("from shop.cart import ", b" checkout"),
        ("def f():\n    from shop.", b".cart import checkout"),
    ],
)
@pytest.mark.usefixtures("analyst")
async def test_the_rest_of_the_statement_is_preferred(root: Path, line: str, rest: bytes) -> None:
    (constraint,) = await constraints(root, line, OPTIONS)
    assert constraint.texts == (rest,)
    assert constraint.penalty is not None


@pytest.mark.usefixtures("analyst")
@pytest.mark.parametrize("line", ["from other.", "import ", "import json\n"])
async def test_where_no_statement_fits_nothing_is_preferred(root: Path, line: str) -> None:
    assert await constraints(root, line, OPTIONS) == ()


@pytest.mark.parametrize("line", ["x = shop.", "", "\n", "def f():\n"])
async def test_elsewhere_nobody_asks(root: Path, line: str, analyst: Analyst) -> None:
    assert await constraints(root, line, OPTIONS) == ()
    assert not any(isinstance(each, MissingNamesQuestion) for each in analyst.asked)


@pytest.mark.parametrize(
    "options", [replace(OPTIONS, monitor=False), replace(OPTIONS, sources=frozenset(("bm25",)))]
)
@pytest.mark.usefixtures("analyst")
async def test_it_can_be_switched_off(root: Path, options: Options) -> None:
    assert await constraints(root, "from shop.", options) == ()
