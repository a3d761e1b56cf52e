"""The last check of finished completions: ``‸`` is the cursor; analysis is the real one, in this process."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.analysis.client import Reply
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import A, Question
from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.completion.answer import Completion
from holesmith.completion.guidance import final_check
from holesmith.completion.guidance.final_check import Checked, FinalCheck
from holesmith.completion.options import Options as CompletionOptions
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

HEAD = "class Cart:\n    total = 1\n\n    def pay(self, amount): ...\n\n\ndef buy(cart: Cart, size=1):\n"


@dataclass(frozen=True, slots=True)
class Analyst:
    analyser: JediAnalyser

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return Reply(self.analyser.answer(question, Deadline.after_ms(60_000)), "", 1.0)


class LateAnalyst:
    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return Reply(None, "late", deadline_ms)


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Analyst:
    root: Path = tmp_path_factory.mktemp("project")
    return Analyst(JediAnalyser(Options(str(root))))


async def checked(analyst: Analyst | LateAnalyst, document: str, *texts: str) -> Checked:
    before, after = (HEAD + document).split("‸")
    completions = [Completion(text, len(before), len(before), 0.5) for text in texts]
    return await FinalCheck(None, before + after, analyst, 1_000).check(completions)


def shown(found: Checked) -> list[str]:
    return [each.text for each in found.completions]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("    return ‸\n", "cart.total"),
        ("    ‸\n", "for each in range(size):\n        print(each, cart.pay(amount=1))"),
        ("    x = [‸\n", "y for y in range(size)]"),
        ("    ‸\n", "cart.extra = 1"),
        ("    ‸\n", "later(cart)"),
        ("    ‸\n", "later(*cart)"),
        ("    ‸\n", "later(\n        cart,"),
        ("    ‸\n", "if isinstance(cost := cart.total, int) and cost:\n        return cost"),
    ],
)
async def test_a_right_completion_is_shown_as_it_is(analyst: Analyst, document: str, text: str) -> None:
    found = await checked(analyst, document + "\n\ndef later(x): ...\n", text)
    assert (shown(found), found.reason) == ([text], "")


async def test_a_document_is_not_lexed_on_the_event_loop(
    analyst: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def excerpt_in(language: str, prefix: str, suffix: str) -> Excerpt:
        threads.append(threading.current_thread())
        return excerpt_at(language, prefix, suffix)

    monkeypatch.setattr(final_check, "excerpt_at", excerpt_in)
    found = await checked(analyst, "    ‸\n", "cart.pay(1)\n    cart.totals")
    assert shown(found) == ["cart.pay(1)"]
    assert threads
    assert threading.main_thread() not in threads


async def test_of_several_those_without_an_error_come_first(analyst: Analyst) -> None:
    found = await checked(analyst, "    return ‸\n", "cart.totals", "cart.total", "carts", "size")
    assert shown(found) == ["cart.total", "size", "cart.totals", "carts"]
    assert not found.reason


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x = cart.total\n    y = cart.totals\n    z = 1", "x = cart.total"),
        ("x = 1\n    if size:\n        return cart.totals", "x = 1"),
        ("x = max(\n        cart.total,\n        cart.totals,\n    )", None),
        ("x = 1\n\n    cart.pay(sum=1)", "x = 1"),
        ("return carts", None),
    ],
)
async def test_a_completion_with_an_error_is_shortened_or_withheld(
    analyst: Analyst, text: str, left: str | None
) -> None:
    found = await checked(analyst, "    ‸\n", text)
    assert shown(found) == ([] if left is None else [left])
    assert "static analysis" in found.reason


async def test_a_late_answer_changes_nothing() -> None:
    found = await checked(LateAnalyst(), "    return ‸\n", "cart.totals", "carts")
    assert (shown(found), found.reason) == (["cart.totals", "carts"], "")


async def test_nothing_is_made_of_nothing(analyst: Analyst) -> None:
    assert await checked(analyst, "    return ‸\n") == Checked((), "")


@pytest.mark.parametrize(
    ("written", "check_ms_max", "text"),
    [
        ("cart.totals\n", 60_000.0, None),
        ("cart.totals\n", 0.0, "cart.totals"),
        ("cart.total\n", 60_000.0, "cart.total"),
    ],
)
async def test_a_completion_is_checked_before_it_is_shown(
    tmp_path: Path, written: str, check_ms_max: float, text: str | None
) -> None:
    engine, workspaces = FakeEngine(written), Workspaces()
    before = HEAD + "    return "
    snapshot = Snapshot(str(tmp_path / "a.py"), "python", before + "\n", len(before), workspace=str(tmp_path))
    completer = Completer(engine, template_for(engine.vocabulary), workspaces)
    # The monitors would refuse it before; here their answers come too late.
    options = CompletionOptions(answer_ms_max=0.0, check_ms_max=check_ms_max)
    try:
        answer = await completer.complete(snapshot, options)
    finally:
        await workspaces.close()
    assert (answer.completion.text if answer.completion else None) == text
    assert ("static analysis" in answer.reason) == (text is None)
    assert "check" in answer.timings_ms
