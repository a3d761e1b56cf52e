"""What a client gets of an answer that an edit has overtaken: nothing that could be inserted."""

import asyncio
from collections.abc import Callable, Iterable

import pytest
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.lsp.documents.documents import Documents
from holesmith.lsp.features.inline_completion import CHANGED, Suggestions
from holesmith.lsp.session import Session
from holesmith.lsp.settings import Settings
from holesmith.lsp.transport.messages import InlineParams
from lsprotocol import types

URI = "file:///shop/a.py"
TEXT = "price = \nprint(price)\n"
CURSOR = types.Position(0, 8)


class HeldService:
    """Answers each request when it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    @property
    def status(self) -> Status:
        return Status("ready", "held")

    async def load(self) -> None: ...

    async def wait_for_load(self) -> None: ...

    async def configure(self, options: Options) -> None: ...

    async def complete(self, snapshot: Snapshot) -> Answer:
        await self.let_go.wait()
        shown = Completion("compute()", snapshot.offset, snapshot.offset, 0.9)
        return Answer(shown, "shown", "held", alternatives=(shown,))

    async def open(self, snapshot: Snapshot) -> None: ...

    def edited(self, take_snapshot: Callable[[], Snapshot | None]) -> None: ...

    def files_changed(self, paths: Iterable[str]) -> None: ...

    async def close(self) -> None: ...


@pytest.fixture
def session() -> Session:
    documents = Documents("utf-16", Settings().limits)
    documents.open(types.TextDocumentItem(URI, "python", 1, TEXT))
    return Session(documents, Settings(), service=HeldService())


def let_go(session: Session) -> None:
    assert isinstance(session.service, HeldService)
    session.service.let_go.set()


def edit(session: Session, start: types.Position, stop: types.Position, text: str) -> None:
    change = types.TextDocumentContentChangePartial(range=types.Range(start, stop), text=text)
    session.documents.change(URI, 2, (change,))


def ask_inline(suggestions: Suggestions) -> "asyncio.Task[types.InlineCompletionList | None]":
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
    params = InlineParams(context=context, text_document=types.TextDocumentIdentifier(URI), position=CURSOR)
    return asyncio.ensure_future(suggestions.inline(params))


async def test_an_unchanged_document_gets_its_answer(session: Session) -> None:
    asked = ask_inline(Suggestions(session))
    let_go(session)
    answer = await asked
    assert answer is not None
    assert [item.insert_text for item in answer.items] == ["compute()", "compute()"]


EDITS = {
    "another key": (CURSOR, CURSOR, "1"),
    "a line above": (types.Position(0, 0), types.Position(0, 0), "import os\n"),
    "the line is gone": (types.Position(0, 0), types.Position(1, 0), ""),
}


@pytest.mark.parametrize("place", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("asks", ["inline", "menu"])
async def test_an_answer_that_an_edit_has_overtaken_is_not_sent(
    session: Session, place: tuple[types.Position, types.Position, str], asks: str
) -> None:
    suggestions = Suggestions(session)
    menu = types.CompletionParams(types.TextDocumentIdentifier(URI), CURSOR)
    asked = ask_inline(suggestions) if asks == "inline" else asyncio.ensure_future(suggestions.menu(menu))
    await asyncio.sleep(0)
    edit(session, *place)
    let_go(session)
    assert await asked is None
    explanation = await suggestions.explain(None)
    assert explanation is not None
    assert (explanation.answer.completion, explanation.answer.reason) == (None, CHANGED)


async def test_a_document_that_was_closed_meanwhile_gets_nothing(session: Session) -> None:
    asked = ask_inline(Suggestions(session))
    await asyncio.sleep(0)
    session.documents.close(URI)
    let_go(session)
    assert await asked is None
