"""Typed-hole context: what analysis says of a hole stands in the prompt, asked for or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.context.prompt.templates import template_for
from holesmith.system.private_files import CACHE_VARIABLE

from tests.fakes import FakeEngine

SHOP = """\
from dataclasses import dataclass


@dataclass
class Book:
    title: str
    pages: int


class Shelf:
    def find(self, title: str) -> Book | None: ...

    def add(self, book: Book, copies: int = 1) -> None: ...


def longest(books: list[Book]) -> Book: ...


shelf = Shelf()
"""
CURSOR = "<CURSOR>"
PATIENT = Options(context=True, facts=True, facts_ms_max=20_000, prompt_tokens_max=4_000, monitor=False)


@pytest.fixture
async def completer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Completer]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    engine, workspaces, retrieval = FakeEngine("x\n"), Workspaces(), Retrieval()
    yield Completer(engine, template_for(engine.vocabulary), workspaces, retrieval)
    await workspaces.close()
    retrieval.close()


async def facts_in_prompt(
    completer: Completer, folder: Path, line: str, options: Options = PATIENT
) -> dict[str, str]:
    """The reason of each snippet in the prompt that tells a fact, by its source."""
    prefix, suffix = (SHOP + line + "\n").split(CURSOR)
    path = folder / "work" / "shop.py"
    path.parent.mkdir(exist_ok=True)
    snapshot = Snapshot(str(path), "python", prefix + suffix, len(prefix), str(path.parent), invoked=True)
    answer = await completer.complete(snapshot, options)
    facts = {use.source: use.reason for use in answer.context if use.tokens and "hole" in use.reason}
    return facts | {"prompt": answer.prompt}


async def test_members_of_the_receiver(completer: Completer, tmp_path: Path) -> None:
    facts = await facts_in_prompt(completer, tmp_path, "shelf.<CURSOR>")
    assert "members" in facts
    assert "Shelf.add(" in facts["prompt"]


async def test_the_expected_type_and_what_yields_it(completer: Completer, tmp_path: Path) -> None:
    facts = await facts_in_prompt(completer, tmp_path, "best: Book = <CURSOR>")
    assert "# expected: Book" in facts["prompt"]
    assert "expected_type" in facts


async def test_the_signature_of_what_is_called(completer: Completer, tmp_path: Path) -> None:
    facts = await facts_in_prompt(completer, tmp_path, "shelf.add(<CURSOR>)")
    assert "signature" in facts
    assert "add(" in facts["prompt"]


@pytest.mark.parametrize("line", ["# a comment about shelf.<CURSOR>", "text = 'shelf.<CURSOR>'"])
async def test_prose_has_no_facts(completer: Completer, tmp_path: Path, line: str) -> None:
    facts = await facts_in_prompt(completer, tmp_path, line)
    assert set(facts) == {"prompt"}


async def test_nothing_is_asked_unless_wanted(completer: Completer, tmp_path: Path) -> None:
    facts = await facts_in_prompt(completer, tmp_path, "shelf.<CURSOR>", Options(monitor=False))
    assert set(facts) == {"prompt"}
