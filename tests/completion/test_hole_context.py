"""What a request knows of its hole is worked out once, and not where other requests wait."""

import threading
from collections import Counter
from pathlib import Path

import pytest
from holesmith.analysis.syntax import excerpt
from holesmith.analysis.syntax.languages.language_rules import LanguageRules
from holesmith.analysis.syntax.lexer import Token, tokenize
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Selected, Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

ABOVE = "".join(f"price_{number} = {number}\n" for number in range(300))
OPTIONS = Options(facts=True, facts_ms_max=1.0, check_ms_max=1.0, candidates_max=2)


class Lexed:
    """How often each text that begins like the document was lexed, and by which threads."""

    def __init__(self) -> None:
        self.texts: Counter[str] = Counter()
        self.threads: set[threading.Thread] = set()

    def tokenize(self, rules: LanguageRules, text: str, start: int = 0) -> list[Token]:
        if text.startswith(ABOVE):
            self.texts[text] += 1
            self.threads.add(threading.current_thread())
        return tokenize(rules, text, start)


@pytest.fixture
def lexed(monkeypatch: pytest.MonkeyPatch) -> Lexed:
    lexed = Lexed()
    monkeypatch.setattr(excerpt, "tokenize", lexed.tokenize)
    return lexed


async def completed(folder: Path, line: str, workspaces: Workspaces, *, invoked: bool) -> None:
    engine, prefix = FakeEngine("1\n"), ABOVE + line
    path = str(folder / "main.py")
    snapshot = Snapshot(path, "python", prefix + "\n", len(prefix), str(folder), invoked=invoked)
    completer = Completer(engine, template_for(engine.vocabulary), workspaces)
    try:
        assert (await completer.complete(snapshot, OPTIONS)).finish != "none"
    finally:
        await workspaces.close()


@pytest.mark.parametrize("invoked", [True, False])
@pytest.mark.parametrize("line", ["", "total = ", "total = pri", "import js", "if total:\n    "])
async def test_a_text_is_lexed_once_a_request_and_never_on_the_event_loop(
    lexed: Lexed, tmp_path: Path, line: str, *, invoked: bool
) -> None:
    await completed(tmp_path, line, Workspaces(), invoked=invoked)
    assert ABOVE + line in lexed.texts
    assert set(lexed.texts.values()) == {1}
    assert threading.main_thread() not in lexed.threads


class CountingWorkspaces(Workspaces):
    """Counts how often it is asked for the analysis of a document."""

    asked: int

    async def of(self, snapshot: Snapshot) -> None:
        self.asked += 1


async def test_the_analysis_of_the_workspace_is_looked_up_once_a_request(tmp_path: Path) -> None:
    workspaces = CountingWorkspaces()
    workspaces.asked = 0
    await completed(tmp_path, "import js", workspaces, invoked=True)
    assert workspaces.asked == 1


async def test_a_menu_item_that_replaces_the_rest_of_the_word_is_gone_on_from() -> None:
    engine = FakeEngine("()\n")
    completer = Completer(engine, template_for(engine.vocabulary))
    item = Selected(4, 9, "total")
    answer = await completer.complete(Snapshot("/s/a.py", "python", "x = topic", 6, selected=item), Options())
    assert answer.completion is not None
    assert (answer.completion.text, answer.completion.start, answer.completion.stop) == ("total()", 4, 9)
