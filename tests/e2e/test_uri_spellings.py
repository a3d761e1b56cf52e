"""A document with several spellings of its URI is one; answers have the spelling that was asked with."""

from collections.abc import AsyncGenerator
from itertools import permutations

import pytest
import pytest_asyncio

from tests.e2e.raw_client import RawClient, inline, raw_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPELLINGS = (
    ("file:///me/%5Bapp%5D/p.py", "file:///me/%5bapp%5d/p.py", "file:///me/[app]/p.py"),
    ("file:///me/%C3%BC.py", "file:///me/%c3%bc.py", "file:///me/ü.py"),
    ("file:///me/a%20b.py", "file:///me/a b.py", "file://localhost/me/a%20b.py"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncGenerator[RawClient]:
    async with raw_client() as client:
        await client.loaded()
        yield client


@pytest.mark.parametrize(
    ("first", "second", "third"), [each for spelt in SPELLINGS for each in permutations(spelt)]
)
async def test_a_document_is_one_in_every_spelling(
    client: RawClient, first: str, second: str, third: str
) -> None:
    client.open("x = ", first)
    answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 4, second))
    assert [item["insertText"] for item in answer["result"]["items"]] == ["d(x)"]
    span = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 4}}
    client.send(
        method="textDocument/didChange",
        params={
            "textDocument": {"uri": third, "version": 2},
            "contentChanges": [{"range": span, "text": "return multi"}],
        },
    )
    answer = await client.request(2, "textDocument/inlineCompletion", inline(0, 12, first))
    assert [item["insertText"] for item in answer["result"]["items"]] == ["first(\n    second)"]
    place = {"textDocument": {"uri": second}, "position": {"line": 0, "character": 12}}
    explained = await client.request(3, "holesmith/explain", place)
    assert (explained["result"]["uri"], explained["result"]["reason"]) == (second, "shown")
    client.send(method="textDocument/didClose", params={"textDocument": {"uri": third}})
    for spelling in (first, second, third):
        await client.request(4, "textDocument/inlineCompletion", inline(0, 0, spelling))
        reason = (await client.request(5, "holesmith/explain"))["result"]["reason"]
        assert reason == "the document is not open"


async def test_opened_again_in_another_spelling_it_is_the_new_text(client: RawClient) -> None:
    first, second, third = SPELLINGS[0]
    client.open("old nothing", first)
    client.open("new multi", second)
    answer = await client.request(1, "textDocument/inlineCompletion", inline(0, 9, third))
    assert [item["insertText"] for item in answer["result"]["items"]] == ["first(\n    second)"]
    client.send(method="textDocument/didClose", params={"textDocument": {"uri": first}})


async def test_a_notebook_and_its_cells_are_found_in_every_spelling(client: RawClient) -> None:
    notebook, other = "file:///me/%5Bn%5D.ipynb", "file:///me/[n].ipynb"
    cells = [f"vscode-notebook-cell:/me/%5Bn%5D.ipynb#{name}%3D" for name in "ab"]
    spelt = [f"vscode-notebook-cell:/me/%5bn%5d.ipynb#{name}=" for name in "ab"]
    client.send(
        method="notebookDocument/didOpen",
        params={
            "notebookDocument": {
                "uri": notebook,
                "notebookType": "jupyter-notebook",
                "version": 1,
                "cells": [{"kind": 2, "document": cell} for cell in cells],
            },
            "cellTextDocuments": [
                {"uri": cell, "languageId": "python", "version": 1, "text": f"{cell[-4]} = "}
                for cell in spelt[::-1]
            ],
        },
    )
    edit = {"document": {"uri": spelt[0], "version": 2}, "changes": [{"text": "edited = 1"}]}
    client.send(
        method="notebookDocument/didChange",
        params={
            "notebookDocument": {"uri": other, "version": 2},
            "change": {"cells": {"textContent": [edit]}},
        },
    )
    place = {"textDocument": {"uri": spelt[1]}, "position": {"line": 0, "character": 4}}
    explained = (await client.request(1, "holesmith/explain", place))["result"]
    assert '"text": "edited = 1\\n' in explained["generated"]
    assert explained["uri"] == spelt[1]
    client.send(
        method="notebookDocument/didClose",
        params={"notebookDocument": {"uri": other}, "cellTextDocuments": []},
    )
    for cell in (*cells, *spelt):
        await client.request(2, "textDocument/inlineCompletion", inline(0, 0, cell))
        reason = (await client.request(3, "holesmith/explain"))["result"]["reason"]
        assert reason == "the document is not open"
