"""ChatLSP over the wire: real analysis of a real folder, without any model."""

from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from tests.e2e.client import Session, session

LIBRARY = """\
class Invoice:
    number: int
    def total(self) -> float: ...

def load_invoice(number: int) -> Invoice: ...
"""
TEXT = """\
from library import Invoice, load_invoice

latest: Invoice = """
HOLE = {"line": 2, "character": 18}


async def ask(opened: Session, uri: str, method: str, **more: object) -> dict[str, object]:
    return await opened.request(method, {"textDocument": {"uri": uri}, "position": HOLE, **more})


async def test_a_hole_is_explained_to_any_model(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    uri = (tmp_path / "main.py").as_uri()
    async with session(folders=(tmp_path.as_uri(),)) as opened:
        opened.open(TEXT, uri)
        expected = await ask(opened, uri, "chatlsp/expectedType")
        assert (expected["type"], expected["reason"]) == ("Invoice", "")
        assert expected["location"] == {"uri": uri, "range": {"start": HOLE, "end": HOLE}}
        assert "`Invoice`" in str(expected["content"])

        relevant = await ask(opened, uri, "chatlsp/relevantTypes")
        assert "def total(self) -> float" in str(relevant["contents"])
        assert "library.py" in str(relevant["locations"])

        headers = await ask(opened, uri, "chatlsp/relevantHeaders")
        assert "load_invoice" in str(headers["contents"])
        assert len(headers["contents"]) == len(headers["locations"])  # type: ignore[arg-type]

        wrong = await ask(opened, uri, "chatlsp/errorReport", text="load_invoice(1).totle()")
        (error,) = wrong["errors"]  # type: ignore[misc]
        assert error["kind"] == "unknown_member"
        assert error["range"]["start"]["line"] == 2
        right = await ask(opened, uri, "chatlsp/errorReport", text="load_invoice(1)")
        assert (right["errors"], right["reason"]) == ([], "no errors were found")


async def test_an_explanation_tells_of_the_hole(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    uri = (tmp_path / "main.py").as_uri()
    patient = {"monitor": {"answerMsMax": 10_000}}
    async with session(patient, folders=(tmp_path.as_uri(),)) as opened:
        opened.open(TEXT, uri)
        hole = (await opened.explain(HOLE["line"], HOLE["character"], uri))["hole"]
        assert (hole["kind"], hole["subject"]) == ("right_hand_side", "latest: Invoice")
        assert hole["expected"]["type"] == "Invoice"
        found = {asked["question"]: asked for asked in hole["asked"]}
        assert "load_invoice" in found["relevant headers"]["found"]
        assert found["names in scope"]["is_complete"]
        assert all(asked["elapsed_ms"] > 0 for asked in hole["asked"])
        assert hole["worker"]["is_running"]
        assert hole["environment"]
        assert (await opened.explain())["hole"]["kind"] == "right_hand_side"


async def test_a_cell_of_a_notebook_knows_the_cells_above(tmp_path: Path) -> None:
    notebook = (tmp_path / "n.ipynb").as_uri()
    cells = {f"{notebook}#a": "total = 12\n\n", f"{notebook}#b": "count: int = "}
    async with session(folders=(tmp_path.as_uri(),)) as opened:
        opened.open_notebook(notebook, cells)
        place = {"textDocument": {"uri": f"{notebook}#b"}, "position": {"line": 0, "character": 13}}
        headers = await opened.request("chatlsp/relevantHeaders", place)
        assert "total" in str(headers["contents"])
        right = await opened.request("chatlsp/errorReport", {**place, "text": "total"})
        assert right["errors"] == []
        wrong = await opened.request("chatlsp/errorReport", {**place, "text": "total + undefined"})
        (error,) = wrong["errors"]
        assert error["range"]["start"] == {"line": 0, "character": 21}


async def test_there_is_always_an_answer_and_a_reason() -> None:
    async with session() as opened:
        opened.open("int x = ", "file:///shop/A.java", "java")
        for uri, reason in {
            "file:///shop/A.java": "there is no static analysis for java here",
            "file:///shop/none.py": "the document is not open",
        }.items():
            for name in ("expectedType", "relevantTypes", "relevantHeaders", "errorReport"):
                answer = await ask(opened, uri, f"chatlsp/{name}", text="1")
                assert answer["reason"] == reason
        tutorial = await opened.request("chatlsp/aiTutorial")
        assert "chatlsp/errorReport" in tutorial["content"]["value"]


@pytest.mark.parametrize("name", [".env", "notes.py"])
async def test_nothing_is_told_of_a_document_that_holds_secrets(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.py").symlink_to(".env")
    uri = (tmp_path / name).as_uri()
    async with session(folders=(tmp_path.as_uri(),)) as opened:
        opened.open("AWS_SECRET_ACCESS_KEY: str = 'wJalrXUt'\nlatest: int = 1\nother: str = ", uri)
        for name in ("expectedType", "relevantTypes", "relevantHeaders", "errorReport"):
            answer = await ask(opened, uri, f"chatlsp/{name}", text="AWS_SECRET_ACCESS_KEY + 1")
            assert answer["reason"] == "nothing is told of files that hold secrets"
            assert "AWS" not in str(answer)
        explanation = await opened.explain(HOLE["line"], HOLE["character"], uri)
        assert explanation["hole"] is None


async def test_what_a_workspace_writes_stays_a_quotation(tmp_path: Path) -> None:
    """An image in Markdown would be a request to its server as soon as the answer is shown."""
    hidden = "\u202e\u200b"
    (tmp_path / "library.py").write_text(
        f"class Invoice:\n    note = {hidden!r}\n    mark = '{hidden}'\n"
        f"    def total(self, text='``` ![x](https://example.org)', mark='{hidden}') -> float: ...\n"
    )
    uri = (tmp_path / "main.py").as_uri()
    async with session(folders=(tmp_path.as_uri(),)) as opened:
        opened.open("from library import Invoice\n\nlatest: Invoice = ", uri)
        relevant = await ask(opened, uri, "chatlsp/relevantTypes")
        text = str(relevant["contents"])
        assert "![x](https://example.org)" in text
        assert text.count("````") == 2  # a fence that the three backticks inside do not end
        assert not set(hidden) & set(text)
        wrong = await ask(opened, uri, "chatlsp/errorReport", text="Invoice().total`![x](y)`")
        assert "![x](y)" not in str(wrong["content"])


@pytest.mark.parametrize("name", ["expectedType", "errorReport"])
async def test_wrong_parameters_are_refused(name: str) -> None:
    async with session() as opened:
        for params in (None, {}, {"textDocument": {"uri": "file:///a.py"}}):
            with pytest.raises(JsonRpcException) as caught:
                await opened.request(f"chatlsp/{name}", params)
            assert caught.value.code == -32602
