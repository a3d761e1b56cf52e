"""Suggestions with which a document stops parsing are not shown: ``‸`` is the cursor."""

import threading

import pytest
from holesmith.completion.answer import Completion
from holesmith.completion.guidance import syntax_check
from holesmith.completion.guidance.syntax_check import check_syntax
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot

from tests.fakes import FakeEngine

PATIENCE_MS = 60_000.0
CALL = "def f(a):\n    return g(‸\n"
BODY = "def f(a):\n    ‸\n"
F_STRING = 'def f(a):\n    x = f"{‸\n    return x\n'


def snapshot_of(document: str, language: str = "python") -> Snapshot:
    before, behind = document.split("‸")
    return Snapshot("/shop/a.py", language, before + behind, len(before), invoked=True)


def completed(text: str, snapshot: Snapshot) -> Completion:
    return Completion(text, snapshot.offset, snapshot.offset, 0.5)


@pytest.mark.parametrize(
    ("document", "texts", "shown"),
    [
        (CALL, ["a)"], ["a)"]),
        (CALL, ["a", "b)", "c))"], ["b)"]),
        (CALL, ["a", "b"], []),
        (BODY, ["x = 1\n    except E:"], ["x = 1"]),
        (BODY, ["from m import a.b", "x = 1\n    except E:"], ["x = 1"]),
        (BODY, ["x = 1\n    except E:", "y = 2"], ["y = 2"]),
        (BODY, [], []),
    ],
)
async def test_what_does_not_parse_is_left_out_or_shortened(
    document: str, texts: list[str], shown: list[str]
) -> None:
    snapshot = snapshot_of(document)
    found = await check_syntax([completed(each, snapshot) for each in texts], snapshot, PATIENCE_MS)
    assert [each.text for each in found.completions] == shown
    assert bool(found.reason) is (bool(texts) and not set(shown) & set(texts))


async def test_a_document_is_not_parsed_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def sound_part(completion: Completion, snapshot: Snapshot, *, is_cut: bool) -> tuple[Completion, str]:
        threads.append(threading.current_thread())
        return completion, ""

    monkeypatch.setattr(syntax_check, "sound_part", sound_part)
    snapshot = snapshot_of(BODY)
    await check_syntax([completed("x", snapshot)], snapshot, PATIENCE_MS)
    assert threads
    assert threading.main_thread() not in threads


async def test_a_late_answer_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def sound_part(completion: Completion, snapshot: Snapshot, *, is_cut: bool) -> tuple[None, str]:
        answered.wait(60)
        return None, "invalid syntax"

    monkeypatch.setattr(syntax_check, "sound_part", sound_part)
    snapshot = snapshot_of(BODY)
    wrong = completed("except E:", snapshot)
    found = await check_syntax([wrong], snapshot, 1.0)
    answered.set()
    assert (found.completions, found.reason) == ((wrong,), "")


def test_an_item_of_the_menu_is_judged_with_the_text_that_it_replaces() -> None:
    snapshot = snapshot_of("import os\n\n\nx = os.pa‸\n")
    start = snapshot.offset - len("pa")
    whole = Completion("path.join('a')", start, snapshot.offset, 0.5)
    assert syntax_check.sound_part(whole, snapshot) == (whole, "")
    broken = Completion("path.join('a", start, snapshot.offset, 0.5)
    assert syntax_check.sound_part(broken, snapshot)[0] is None


@pytest.mark.parametrize(
    ("document", "written", "options", "shown", "reason"),
    [
        (F_STRING, 'a}"\n', {}, 'a}"', "shown"),
        (F_STRING, "a} is\n", {}, None, "would not parse here"),
        ("from lxml import ‸\nx = 1\n", "etree.ElementInclude\n", {}, None, "would not parse here"),
        (BODY, "except ValueError:\n", {}, None, "would not parse here"),
        (BODY, "except ValueError:\n", {"check_ms_max": 0.0}, "except ValueError:", "shown"),
        (BODY, "foo(\n        a,\n    )\n", {"lines": "single"}, "foo(", "shown"),
    ],
)
async def test_what_is_shown_parses_in_its_place(
    document: str, written: str, options: dict[str, object], shown: str | None, reason: str
) -> None:
    engine = FakeEngine(written)
    given = Options(**{"check_ms_max": PATIENCE_MS, **options})  # pyright: ignore[reportArgumentType] # a table
    service = Service(given, loader=lambda options, progress: engine)
    await service.load()
    answer = await service.complete(snapshot_of(document))
    assert (answer.completion.text if answer.completion else None) == shown
    assert reason in answer.reason
