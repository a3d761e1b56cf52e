"""Pages for people, as an editor asks for them."""

from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from tests.e2e.client import session


async def test_the_last_suggestion_is_explained_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    async with session(folders=(tmp_path.as_uri(),)) as opened:
        nothing = await opened.request("holesmith/page", {"page": "explanation"})
        assert nothing["sections"][0]["title"] == "Nothing yet"
        opened.open("import os\nx = \n", uri=path.as_uri())
        await opened.inline(1, 4, path.as_uri())
        about = {"textDocument": {"uri": path.as_uri()}}
        data = await opened.request("holesmith/page", {"page": "explanation", **about})
        assert [section["title"] for section in data["sections"]][:2] == [
            "The suggestion",
            "Why it was shown",
        ]
        text = await opened.request("holesmith/page", {"page": "explanation", "format": "text", **about})
        assert "  │ d(x)" in text["lines"]
        assert {"row": 4, "text": f"{path}:2", "path": str(path), "line": 2} in text["links"]
        assert text["folds"][0] == {"first": 3, "last": 6, "is_open": True}
        html = await opened.request(
            "holesmith/page",
            {"page": "explanation", "format": "html", "linkPrefix": "command:open?", **about},
        )
        assert "<pre>d(x)</pre>" in html["body"]
        assert 'href="command:open?%5B%22' in html["body"]


async def test_the_status_is_a_page_too() -> None:
    async with session({"device": 3}) as opened:
        page = await opened.request("holesmith/page", {"page": "status", "format": "text"})
        assert "▌ 1 problem" in page["lines"]
        assert any("holesmith.device" in line for line in page["lines"])


async def test_a_page_that_there_is_not_is_refused() -> None:
    async with session() as opened:
        with pytest.raises(JsonRpcInvalidParams):
            await opened.request("holesmith/page", {"page": "weather"})
