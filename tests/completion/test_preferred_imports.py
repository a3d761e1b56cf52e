"""A begun import goes on as the repository says, unless the model is sure of something else."""

from dataclasses import replace
from pathlib import Path

import pytest
from holesmith.completion import retrieval
from holesmith.completion.options import Options
from holesmith.completion.retrieval import Retrieval
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.context.index.foreground import index_now
from holesmith.context.index.location import CACHE_VARIABLE
from holesmith.engine.constraint import Constraint

from tests.fakes import FakeEngine

AFTER = "\n\nx = checkout()\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    for name in ("GATHER_MS_MAX", "GATHER_CLOCK_MS_MAX"):
        monkeypatch.setattr(retrieval, name, 60_000.0)
    root = tmp_path / "work"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "cart.py").write_text("def checkout(): ...\n")
    index_now(root)
    return root


async def constraints(root: Path, line: str, options: Options) -> tuple[Constraint, ...]:
    engine = FakeEngine("cart import checkout\n")
    service = Service(options, loader=lambda _options, _progress: engine, retrieval=Retrieval())
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
async def test_the_rest_of_the_statement_is_preferred(root: Path, line: str, rest: bytes) -> None:
    (constraint,) = await constraints(root, line, OPTIONS)
    assert constraint.texts == (rest,)
    assert constraint.penalty is not None


@pytest.mark.parametrize("line", ["from other.", "x = shop.", "import ", ""])
async def test_nothing_is_preferred_elsewhere(root: Path, line: str) -> None:
    assert await constraints(root, line, OPTIONS) == ()


async def test_nothing_is_preferred_without_monitors(root: Path) -> None:
    assert await constraints(root, "from shop.", replace(OPTIONS, monitor=False)) == ()
