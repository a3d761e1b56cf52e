"""Whatever a client sends, each request gets a proper answer and the server lives on.

All tests but the last share one server, which therefore has to live through all of this.
"""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.e2e.raw_client import RawClient, framed, inline, raw_client

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncGenerator[RawClient]:
    async with raw_client() as client:
        await client.loaded()
        yield client


async def test_malformed_json(client: RawClient) -> None:
    for body in (b"{", b"\xff\xfe\x00", b'{"jsonrpc": "2.0", "id": 1,,}', b"[" * 100_000):
        client.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert (await client.answer_to(None))["error"]["code"] == -32700
    assert await client.lives()


@pytest.mark.parametrize("wrong_by", [-4, 7])
async def test_a_wrong_content_length(client: RawClient, wrong_by: int) -> None:
    body = b'{"jsonrpc": "2.0", "id": 5, "method": "holesmith/status"}'
    client.write(b"Content-Length: %d\r\n\r\n%s" % (len(body) + wrong_by, body))
    client.write(framed({"jsonrpc": "2.0", "id": 6, "method": "holesmith/status"}))
    assert (await client.answer_to(None))["error"]["code"] == -32700
    assert await client.lives()


async def test_headers_that_are_none(client: RawClient) -> None:
    client.write(b"GET / HTTP/1.1\r\nContent-Length: many\r\nContent-Length: -3\r\n\r\n")
    client.write(b"x" * 200_000 + b"\ncontent-length: 0\r\n\r\n")
    assert await client.lives()


async def test_a_message_longer_than_any_may_be_is_passed_over(client: RawClient) -> None:
    length = 65 * 1024 * 1024
    client.write(b"Content-Length: %d\r\n\r\n" % length + b"x" * length)
    assert await client.lives()


@pytest.mark.parametrize(
    "message",
    [
        1,
        [],
        [{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}],
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": 7},
        {"jsonrpc": "2.0", "id": None, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": {"a": 1}, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": True, "method": "shutdown"},
    ],
)
async def test_json_that_is_no_message(client: RawClient, message: object) -> None:
    number = message.get("id") if isinstance(message, dict) else None
    known = number if type(number) is int else None
    client.write(framed(message))
    assert (await client.answer_to(known))["error"]["code"] == -32600
    assert await client.lives()


async def test_answers_to_no_question_are_passed_over(client: RawClient) -> None:
    client.send(id=3, result=None)
    client.send(id="x", error={"code": 1, "message": "no"})
    client.send(id=[1], result=None)
    client.send(id=4, error="no")
    assert await client.lives()


async def test_unknown_methods(client: RawClient) -> None:
    for method in ("no/such", "$/no/such", "initialized", "textDocument/didOpen"):
        assert (await client.request(1, method, {}))["error"]["code"] == -32601
    client.send(method="no/such", params={})
    client.send(method="$/setTrace", params={"value": "verbose"})
    client.send(method="holesmith/explain", params=None)
    assert await client.lives()


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        "x",
        {},
        {**inline(0, 0), "textDocument": {"uri": 7}},
        {**inline(0, 0), "textDocument": 7},
        {**inline(0, 0), "position": {"line": -1, "character": 0}},
        {**inline(0, 0), "position": {"line": 1.5, "character": 0}},
        {**inline(0, 0), "position": {"line": "1", "character": 0}},
        {**inline(0, 0), "position": {"line": 2**40, "character": 0}},
        {**inline(0, 0), "context": {"triggerKind": 9}},
        {**inline(0, 0), "context": {"triggerKind": 1, "selectedCompletionInfo": {"text": 3}}},
        {**inline(0, 0), "formattingOptions": 4},
        {**inline(0, 0), "formattingOptions": {"tabSize": "4", "insertSpaces": True}},
        {**inline(0, 0), "formattingOptions": {"tabSize": -1, "insertSpaces": True}},
    ],
)
async def test_parameters_of_the_wrong_type(client: RawClient, params: object) -> None:
    answer = await client.request(1, "textDocument/inlineCompletion", params)
    assert answer["error"]["code"] == -32602
    assert answer["error"]["message"].startswith("invalid parameters")
    assert await client.lives()


async def test_ill_typed_notifications_and_changes_out_of_turn(client: RawClient) -> None:
    whole = [{"text": "x"}]
    for params in (None, {}, {"textDocument": 3, "contentChanges": "abc"}):
        client.send(method="textDocument/didChange", params=params)
        client.send(method="textDocument/didOpen", params=params)
        client.send(method="textDocument/didClose", params=params)
    unopened = {"uri": "file:///unopened.py", "version": 2}
    client.send(method="textDocument/didChange", params={"textDocument": unopened, "contentChanges": whole})
    client.send(method="textDocument/didClose", params={"textDocument": unopened})
    client.open("x ")
    for version in (5, 4, 4, -1):
        document = {"uri": "file:///a.py", "version": version}
        client.send(
            method="textDocument/didChange", params={"textDocument": document, "contentChanges": whole}
        )
    answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 1))
    assert len(answer["result"]["items"]) == 1
    assert await client.lives()


async def test_notebooks_that_are_none(client: RawClient) -> None:
    notebook, cell = "file:///n.ipynb", "vscode-notebook-cell:/n.ipynb#a"
    for method in ("didOpen", "didChange", "didSave", "didClose"):
        for params in (None, {}, {"notebookDocument": 3}, {"notebookDocument": {"uri": notebook}}):
            client.send(method=f"notebookDocument/{method}", params=params)
    change_notebook(client, notebook, {"structure": {"array": {"start": 0, "deleteCount": 1}}})
    # A cell without a text, and a text that is in no cell.
    opened = {"uri": notebook, "notebookType": "x", "version": 1, "cells": [{"kind": 2, "document": cell}]}
    stray = {"uri": "file:///stray.py", "languageId": "python", "version": 1, "text": "x = "}
    client.send(
        method="notebookDocument/didOpen", params={"notebookDocument": opened, "cellTextDocuments": [stray]}
    )
    answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 4, "file:///stray.py"))
    assert len(answer["result"]["items"]) == 1
    for array in (
        {"start": 2**31 - 1, "deleteCount": 2**31 - 1},
        {"start": 0, "deleteCount": 0, "cells": [{"kind": 2, "document": cell}] * 50},
        {"start": -1, "deleteCount": 0},
    ):
        change_notebook(client, notebook, {"structure": {"array": array}})
    edits = [{"document": {"uri": "file:///unopened.py", "version": 2}, "changes": [{"text": "x"}]}]
    change_notebook(client, notebook, {"textContent": edits})
    await check_refused(client, cell, "the document is not open")
    client.send(
        method="notebookDocument/didClose",
        params={"notebookDocument": {"uri": notebook}, "cellTextDocuments": []},
    )
    assert await client.lives()


def change_notebook(client: RawClient, uri: str, cells: object) -> None:
    params = {"notebookDocument": {"uri": uri, "version": 2}, "change": {"cells": cells}}
    client.send(method="notebookDocument/didChange", params=params)


async def test_edits_that_only_delete_wherever_they_say(client: RawClient) -> None:
    client.open("ab\ncd")
    places = [(0, 0), (0, 2), (1, 2), (9, 9), (2**31 - 1, 0)]
    for start in places:
        for stop in places:
            edges = [dict(zip(("line", "character"), place, strict=True)) for place in (start, stop)]
            change = {"range": dict(zip(("start", "end"), edges, strict=True)), "text": ""}
            document = {"uri": "file:///a.py", "version": 2}
            client.send(
                method="textDocument/didChange", params={"textDocument": document, "contentChanges": [change]}
            )
            answer = await client.request(1, "textDocument/inlineCompletion", inline(*start))
            assert len(answer["result"]["items"]) == 1
    assert await client.lives()


@pytest.mark.parametrize("place", [(0, 500), (70, 0), (2**31 - 1, 2**31 - 1)])
async def test_a_position_past_the_end_is_the_end(client: RawClient, place: tuple[int, int]) -> None:
    client.open("ab\ncd")
    answer = await client.request(1, "textDocument/inlineCompletion", inline(*place))
    row, column = (0, 2) if place[0] == 0 else (1, 2)
    (item,) = answer["result"]["items"]
    assert item["range"]["start"] == item["range"]["end"] == {"line": row, "character": column}


async def test_an_unknown_document_has_no_suggestion_and_a_reason(client: RawClient) -> None:
    await check_refused(client, "file:///unknown.py", "the document is not open")


@pytest.mark.parametrize("folder", ["/a" * 3_000, "/" + "a" * 300, "/" + "é" * 130])
async def test_a_path_that_no_file_can_have_has_no_suggestion_and_a_reason(folder: str) -> None:
    async with raw_client(workspaceFolders=[{"uri": f"file://{folder}", "name": "w"}]) as client:
        await client.loaded()
        uri = f"file://{folder}/a.py"
        client.open("x = ", uri)
        answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 4, uri))
        assert answer["result"] == {"items": []}
        assert "path" in (await client.request(2, "holesmith/explain"))["result"]["reason"]
        place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 4}}
        assert "path" in (await client.request(3, "chatlsp/expectedType", place))["result"]["reason"]
        assert (await client.request(4, "holesmith/status"))["result"]["last_failure"] is None
        assert await client.lives()


async def test_a_document_of_10_mb_has_no_suggestion_and_a_reason(client: RawClient) -> None:
    uri = "file:///large.py"
    client.open("x" * 10_000_000, uri)
    reason = "the file has 10.0 MB, and the limit is 5.0 MB (holesmith.documents.bytesMax)"
    while reason not in (await client.notification("window/logMessage"))["message"]:
        pass
    await check_refused(client, uri, reason)


async def check_refused(client: RawClient, uri: str, reason: str) -> None:
    answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 0, uri))
    assert answer["result"] == {"items": []}
    assert (await client.request(2, "holesmith/explain"))["result"]["reason"] == reason
    assert await client.lives()


@pytest.mark.parametrize("text", ["", "\0\1\2\xff", "\ud800", "a\ud800\udc00b", "\r\r\n\n", "\u2028" * 9])
async def test_strange_texts_are_answered(client: RawClient, text: str) -> None:
    client.open(text)
    for column in range(4):
        answer = await client.request(column, "textDocument/inlineCompletion", inline(0, column))
        assert len(answer["result"]["items"]) == 1
    assert await client.lives()


async def test_cancelling_what_is_unknown_or_over(client: RawClient) -> None:
    for number in (12345, "x", None, [1], 0):
        client.send(method="$/cancelRequest", params={"id": number})
    client.send(method="$/cancelRequest", params=None)
    assert await client.lives()


@pytest.mark.parametrize("number", [[1], {"id": 1}, None, True, 1.5])
async def test_cancelling_what_can_be_no_request_is_no_failure_of_the_server(
    client: RawClient, number: object
) -> None:
    client.send(method="$/cancelRequest", params={"id": number})
    client.send(id="next", method="holesmith/status")
    assert (await client.answer_to("next"))["result"]["last_failure"] is None


async def test_capabilities_from_the_future_do_not_keep_the_server_from_starting() -> None:
    strange = {
        "general": {"positionEncodings": ["utf-8"], "markdown": 7},
        "workspace": {"symbol": {"symbolKind": {"valueSet": [1, 9_999]}}, "configuration": False},
        "textDocument": 3,
        "future": {"a": [1]},
    }
    async with raw_client(initialize=False) as client:
        answer = await client.initialize(capabilities=strange)
        assert answer["result"]["capabilities"]["positionEncoding"] == "utf-8"
        assert await client.lives()


@pytest.mark.parametrize("params", [None, [], {"processId": None}, {"processId": "x", "capabilities": {}}])
async def test_initialize_with_wrong_parameters_may_be_tried_again(params: object) -> None:
    async with raw_client(initialize=False) as client:
        assert (await client.request(0, "initialize", params))["error"]["code"] == -32602
        await client.initialize()
        assert await client.lives()
