"""Suggestions through a client that we did not write: where they go, what they know, who gets which.

Most tests share one session; each opens its documents anew.
"""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.e2e.client import URI, Session, capabilities, session
from tests.e2e.raw_client import inline, raw_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELL = "vscode-notebook-cell:/shop/n.ipynb#b"
EMOJI_LINE = "s = '😀é漢' + wor"  # its end is column 15 in code points


def span(row: int, start: int, stop: int) -> types.Range:
    return types.Range(types.Position(row, start), types.Position(row, stop))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncGenerator[Session]:
    async with session(folders=("file:///shop", "file:///other")) as opened:
        yield opened


@pytest.fixture
def opened(shared: Session) -> Session:
    """The shared session, with nothing left of what its server told earlier tests."""
    while not shared.statuses.empty():
        shared.statuses.get_nowait()
    shared.version = 1
    return shared


async def test_the_server_says_what_it_can(opened: Session) -> None:
    can = opened.result.capabilities
    assert can.inline_completion_provider is not None
    assert can.completion_provider is not None
    assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
    assert can.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    assert opened.result.server_info is not None
    assert opened.result.server_info.name == "holesmith"


@pytest.mark.parametrize(
    ("encodings", "column"), [(("utf-8",), 21), (("utf-16",), 16), (("utf-32",), 15), (("utf-7",), 16)]
)
async def test_positions_are_counted_as_agreed(encodings: tuple[str, ...], column: int) -> None:
    async with session(offers=capabilities(encodings)) as opened:
        opened.open(f"x\r\n{EMOJI_LINE}")
        item = await opened.inline(1, column)
        assert item.range == span(1, column, column)
        assert (await opened.asked())["offset"] == 3 + len(EMOJI_LINE)
        (entry,) = (await opened.menu(1, column)).items
        assert entry.text_edit == types.TextEdit(span(1, column - 3, column), "word(x)")


async def test_a_suggestion_knows_the_document_after_its_edits(opened: Session) -> None:
    opened.open("a = 1\n")
    opened.edit((0, 4), (0, 5), "foo.")
    item = await opened.inline(0, 8)
    assert item.insert_text == "d(x)"
    asked = await opened.asked()
    assert (asked["text"], asked["offset"], asked["version"]) == ("a = foo.\n", 8, 2)
    assert (asked["path"], asked["workspace"], asked["language"]) == ("/shop/a.py", "/shop", "python")
    assert asked["invoked"] is False


async def test_the_way_of_asking_and_the_selected_item_reach_the_service(opened: Session) -> None:
    opened.open("foo.ba")
    chosen = types.SelectedCompletionInfo(range=span(0, 4, 6), text="bar")
    item = await opened.inline(0, 6, invoked=True, selected=chosen)
    assert (item.insert_text, item.range) == ("bard(x)", span(0, 4, 6))
    asked = await opened.asked()
    assert asked["invoked"] is True
    assert asked["selected"] == {"start": 4, "stop": 6, "text": "bar"}


async def test_asked_for_by_hand_there_may_be_several(opened: Session) -> None:
    opened.open("x = many")
    assert len([await opened.inline(0, 8)]) == 1
    answer = await opened.ask_inline(0, 8, invoked=True)
    assert answer is not None
    assert [item.insert_text for item in answer.items] == ["d(x)", "e(y)", "f(z)"]
    alternatives = (await opened.explain())["alternatives"]
    assert [each["text"] for each in alternatives] == ["e(y)", "f(z)"]


async def test_a_deletion_is_told_to_the_service(opened: Session) -> None:
    opened.open("word two")
    opened.edit((0, 3), (0, 4), "")
    await opened.inline(0, 3)
    assert (await opened.asked())["after_deletion"] is True
    opened.edit((0, 3), (0, 3), "d")
    await opened.inline(0, 4)
    assert (await opened.asked())["after_deletion"] is False


async def test_where_the_last_edit_ended_is_told_to_the_service(opened: Session) -> None:
    opened.open("x = 1\ny = 2\n")
    opened.edit((0, 4), (0, 5), "\U0001f600\npaused")
    await opened.status_with(message="edited /shop/a.py at 12")
    cells = {"vscode-notebook-cell:/shop/m.ipynb#a": "import os", CELL.replace("n.ipynb", "m.ipynb"): "x"}
    opened.open_notebook("file:///shop/m.ipynb", cells)
    opened.edit_cell("file:///shop/m.ipynb", CELL.replace("n.ipynb", "m.ipynb"), (0, 1), (0, 1), "paused")
    await opened.status_with(message="edited /shop/m.ipynb at 17")


async def test_where_suggestions_are_turned_off_edits_are_not_told() -> None:
    off = {"inline": {"enabled": False}, "menu": {"enabled": False}}
    async with session(off) as opened:
        opened.open("x")
        opened.edit((0, 1), (0, 1), "paused")
        assert (await opened.request("holesmith/status"))["message"] == "fake on fake"


async def test_how_the_editor_indents_reaches_the_service() -> None:
    expected = [
        ({"tabSize": 2, "insertSpaces": True}, "  "),
        ({"tabSize": 4, "insertSpaces": False, "trimTrailingWhitespace": True}, "\t"),
        ({"tabSize": 0, "insertSpaces": True}, None),
        ({"tabSize": 2**30, "insertSpaces": True}, None),
        (None, None),
    ]
    async with raw_client() as client:
        await client.loaded()
        client.open("x = ")
        for options, level in expected:
            params = {**inline(0, 4), "formattingOptions": options}
            await client.request(1, "textDocument/inlineCompletion", params)
            explanation = (await client.request(2, "holesmith/explain"))["result"]
            assert json.loads(explanation["generated"])["indentation"] == level


async def test_a_notebook_cell_knows_the_cells_before_it(opened: Session) -> None:
    opened.open_notebook(
        "file:///shop/n.ipynb", {"vscode-notebook-cell:/shop/n.ipynb#a": "import os", CELL: "x = wor"}
    )
    await opened.status_with(message="opened /shop/n.ipynb in /shop")
    item = await opened.inline(0, 7, CELL)
    assert (item.insert_text, item.range) == ("d(x)", span(0, 7, 7))
    asked = await opened.asked()
    assert (asked["text"], asked["path"], asked["workspace"]) == (
        "import os\nx = wor",
        "/shop/n.ipynb",
        "/shop",
    )


async def test_a_selected_item_elsewhere_is_left_out(opened: Session) -> None:
    opened.open("foo.ba\nx")
    chosen = types.SelectedCompletionInfo(range=span(1, 0, 1), text="y")
    await opened.inline(0, 6, selected=chosen)
    assert (await opened.asked())["selected"] is None


async def test_the_menu_gets_one_labelled_line_that_is_never_preselected(opened: Session) -> None:
    opened.open("x = multi")
    answer = await opened.menu(0, 9)
    assert answer.is_incomplete
    (entry,) = answer.items
    assert (entry.label, entry.preselect, entry.sort_text) == ("multifirst(", False, "0")
    assert entry.label_details is not None
    assert entry.label_details.description == "Holesmith"
    assert entry.text_edit == types.TextEdit(span(0, 4, 9), "multifirst(")


@pytest.mark.parametrize("text", ["nothing", "newline"])
async def test_the_menu_gets_nothing_where_there_is_no_line(opened: Session, text: str) -> None:
    opened.open(text)
    assert (await opened.menu(0, len(text))).items == ()


async def test_documents_that_are_no_files_are_completed_under_their_name(opened: Session) -> None:
    for uri, path in {
        "untitled:Untitled-1": "Untitled-1",
        "vscode-vfs://github/me/repo/src/b%20c.py": "b c.py",
        "vscode-notebook-cell:/shop/n.ipynb#W0sZmlsZQ%3D%3D": "n.ipynb",
    }.items():
        opened.open("x = ", uri)
        await opened.inline(0, 4, uri)
        asked = await opened.asked()
        assert (asked["path"], asked["workspace"]) == (path, "/shop")


async def test_the_newest_request_for_a_document_wins_and_the_older_gets_null(opened: Session) -> None:
    opened.open("slow")
    older = opened.ask_inline(0, 4)
    await opened.status_with(message="decoding")
    opened.edit((0, 4), (0, 4), " x")
    newer = await opened.inline(0, 6)
    assert newer.insert_text == "d(x)"
    assert await older is None
    assert (await opened.status_with(message="cancelled"))["cancelled"] >= 1


async def test_requests_for_two_documents_and_of_two_kinds_run_side_by_side(opened: Session) -> None:
    opened.open("slow")
    opened.open("fast", "file:///shop/b.py")
    waiting = opened.ask_inline(0, 4)
    await opened.status_with(message="decoding")
    assert (await opened.inline(0, 4, "file:///shop/b.py")).insert_text == "d(x)"
    opened.edit((0, 0), (0, 4), "word")
    assert len((await opened.menu(0, 4)).items) == 1
    assert not waiting.done()
    await opened.inline(0, 4)
    assert await waiting is None


async def test_a_cancelled_request_says_so_and_stops_decoding(opened: Session) -> None:
    opened.open("slow")
    waiting = opened.ask_inline(0, 4, number="seven")
    await opened.status_with(message="decoding")
    opened.client.cancel_request(types.CancelParams(id="seven"))
    with pytest.raises(JsonRpcException) as caught:
        await waiting
    assert caught.value.code == -32800
    await opened.status_with(message="cancelled")


async def test_a_handler_that_fails_answers_with_an_error_and_the_server_lives_on(opened: Session) -> None:
    opened.open("fail")
    with pytest.raises(JsonRpcException) as caught:
        await opened.ask_inline(0, 4)
    assert caught.value.code == -32603
    assert "the pipeline broke" in str(caught.value)
    assert "the pipeline broke" in (await opened.request("holesmith/status"))["last_failure"]
    opened.edit((0, 0), (0, 4), "fine")
    assert (await opened.inline(0, 4)).insert_text == "d(x)"


async def test_explain_gives_the_last_answer_and_any_answer_on_demand() -> None:
    async with session() as opened:
        assert await opened.explain() is None
        opened.open("x = \nnothing")
        await opened.inline(0, 4)
        last = await opened.explain()
        assert (last["uri"], last["text"], last["reason"]) == (URI, "d(x)", "shown")
        assert last["range"] == {"start": last["position"], "end": last["position"]}
        assert last["confidence"] == 0.5
        assert last["prompt"] == "<prompt>"
        assert {"monitors", "context", "timings_ms", "finish", "model"} <= last.keys()
        again = await opened.explain(0, 4)
        assert {**again, "hole": None} == {**last, "hole": None}  # looked at anew, with other times
        other = await opened.explain(1, 7)
        assert (other["text"], other["reason"]) == ("", "nothing to say")
        assert (await opened.explain(0, 0, "file:///nowhere.py"))["reason"] == "the document is not open"


async def test_half_a_surrogate_pair_in_the_text_reaches_nobody(opened: Session) -> None:
    opened.open("s = '\ud83d' + x")
    await opened.inline(0, 11)
    assert (await opened.asked())["text"] == "s = '\ufffd' + x"


async def test_many_documents(opened: Session) -> None:
    uris = [f"file:///shop/{number}.py" for number in range(500)]
    for uri in uris:
        opened.open("x = ", uri)
    answers = await asyncio.gather(*(opened.inline(0, 4, uri) for uri in uris))
    assert len(answers) == 500
