"""Hostile text costs time in proportion to its length, and not on the event loop: other requests go on.

Times are of the processor, so that a busy machine does not count. What is bounded here took minutes or more.
"""

import asyncio
import time
from collections.abc import Callable

import pytest
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import A, Question
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.import_list import is_before_list, is_behind_name, list_begin
from holesmith.completion.monitors.local_names import LocalNames
from holesmith.completion.monitors.registry import MONITOR_OF, triggers_in
from holesmith.completion.monitors.statement import Statement, Trigger, statement_before
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.repetition import repetition_start
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

COUNT = 20_000
WRITTEN = "total(a, b) + x.y(z)[0]"


def names_in(before: str, after: str) -> LocalNames:
    return LocalNames(Document(None, "python", before, after))


def raised(before: str) -> list[Trigger]:
    return triggers_in(Statement("python", before), "x", 0)


def members(before: str) -> object:
    return names_in(before, "").members("a")


def names(text: str) -> object:
    return names_in(text, text).names


def keywords(text: str) -> object:
    return names_in(text, text).has_keyword("x", "y")


def calls(text: str) -> object:
    return names_in(text, text).takes_none("x")


def settled_keyword(statement: str) -> object:
    return MONITOR_OF["keyword"].settled(Trigger("keyword", 0, 1), statement, "x", names_in("", ""))


def settled_member(statement: str) -> object:
    return MONITOR_OF["member"].settled(Trigger("member", 0, 1), statement, "x", names_in("", ""))


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (raised, "except" + " " * COUNT + "!"),
        (raised, "except (" + "a " * COUNT + "!"),
        (raised, "except (" + "a, " * COUNT + "! "),
        (raised, "case a" + "|a" * COUNT + " !"),
        (raised, "case " + "a." * COUNT + " !"),
        (is_behind_name, "from a import a" + ", a" * COUNT + " !"),
        (is_behind_name, "from" + " " * COUNT + "!"),
        (is_before_list, "from a" + " " * COUNT + "!"),
        (list_begin, "from a import (" + " " * COUNT + "\n!"),
        (list_begin, "from a import " + " " * COUNT + "!"),
        (repetition_start, " " * COUNT + "x"),
        (repetition_start, "x\n" + "ab" * COUNT + "!"),
        (members, "a." * COUNT * 5),
        (names, "\nfrom a import (" * COUNT),
        (keywords, "x(" * COUNT * 5),
        (calls, "x( " * COUNT * 2),
        (settled_keyword, "a." * COUNT + " !"),
        (settled_member, "a." * COUNT + " !"),
    ],
)
def test_a_pattern_takes_time_in_proportion_to_the_text(look: Callable[[str], object], text: str) -> None:
    began = time.process_time()
    look(text)
    assert time.process_time() - began < 2


class Silent:
    """An analyst that never answers."""

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("piece", ["(", "[", "f(", "{", "a.b, ", "(\n"])
async def test_monitors_of_a_statement_without_end_do_not_hold_up_the_event_loop(piece: str) -> None:
    before = f"x = ({piece * (120_000 // len(piece))}"
    document = Document("/s/a.py", "python", before, "")
    assert document.excerpt.tokens  # lexed beforehand, in a thread
    began = time.thread_time()
    watcher = Watcher(document, "", Silent())
    for character in WRITTEN:
        watcher.add(character.encode())
        watcher.rollback()
    watcher.close()
    assert time.thread_time() - began < 1.5
    assert watcher.report(0).triggers == 0


def test_a_long_statement_of_ordinary_size_still_has_its_monitors() -> None:
    before = (
        "PRICES = {\n" + "".join(f'    "item{n}": Price({n}, currency),\n' for n in range(300)) + "    x: "
    )
    statement = statement_before(Document(None, "python", before, ""))
    kinds = {trigger.kind for trigger in triggers_in(statement, "Price.of", 0)}
    assert "member" in kinds


@pytest.mark.parametrize("language", ["python", "java"])
async def test_other_requests_are_answered_while_brackets_are_completed(language: str) -> None:
    """Longest piece of work of the event loop's own thread while the pipeline runs."""
    before = "\n".join(["(" * 4_000] * 30) + "\nx = "
    snapshot = Snapshot("/s/a", language, before, len(before), invoked=True)
    engine = FakeEngine(WRITTEN)
    completer = Completer(engine, template_for(engine.vocabulary))
    longest = 0.0

    async def watch_the_loop() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    watching = asyncio.ensure_future(watch_the_loop())
    answer = await completer.complete(snapshot, Options())
    watching.cancel()
    assert answer.reason
    assert longest < 0.25
