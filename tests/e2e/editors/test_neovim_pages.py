"""The pages of the plugin in real Neovims: folds, links, and nothing in them that is obeyed."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pynvim")

from tests.e2e.editors.neovim import Neovim, empty_file, journal, scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", params=["0.12", "0.11"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Neovim]:
    with scripted(request.param, tmp_path_factory.mktemp("home"), {}) as editor:
        yield editor


@pytest.fixture
def editor(opened: Neovim, tmp_path: Path) -> Generator[Neovim]:
    """On an empty file, in insert mode."""
    with empty_file(opened, tmp_path) as editor:
        yield editor


def pages_asked_for(editor: Neovim) -> list[dict[str, Any]]:
    return [asked for asked in journal(editor) if "page" in asked]


def open_explanation(editor: Neovim) -> Path:
    """The document that is explained; the cursor is in the window of the explanation."""
    path = Path(editor.api.current.buffer.name)
    editor.send("one<CR>two<CR>three<CR>four<Esc>:Holesmith explain<CR>")
    editor.wait_for(lambda: "Explained" in editor.buffer, "the explanation")
    return path


def test_the_sections_of_an_explanation_are_folds(editor: Neovim) -> None:
    path = open_explanation(editor)
    assert pages_asked_for(editor)[-1] == {"page": "explanation", "about": path.as_uri()}
    closed = "return { vim.fn.foldclosed(4), vim.fn.foldclosed(7) }"
    assert editor.lua(closed) == [-1, 6]
    editor.send("6G<Tab>")
    editor.wait_for(lambda: editor.lua(closed) == [-1, -1], "an open section")
    editor.send("3G<CR>")
    editor.wait_for(lambda: editor.lua(closed) == [3, -1], "a closed section")


@pytest.mark.parametrize("key", ["<CR>", "gf"])
def test_a_link_opens_the_file_at_the_line(editor: Neovim, key: str) -> None:
    path = open_explanation(editor)
    editor.send(f"4G{key}")
    editor.wait_for(lambda: editor.api.current.buffer.name == str(path), "the document")
    assert editor.api.current.window.cursor[0] == 3
    assert len(editor.api.windows) == 2


def test_the_next_page_takes_the_place_of_the_one_before(editor: Neovim) -> None:
    open_explanation(editor)
    editor.send(":Holesmith prompt<CR>")
    editor.wait_for(lambda: "The prompt" in editor.buffer, "the prompt")
    assert len(editor.api.windows) == 2
    editor.send("q")
    editor.wait_for(lambda: len(editor.api.windows) == 1, "one window")


def test_a_path_of_the_workspace_is_opened_and_never_expanded(editor: Neovim, tmp_path: Path) -> None:
    odd = tmp_path / "a `touch x` % #\\ b.py"
    odd.write_text("one\ntwo\n")
    page = {"lines": ["T", "", "▌ S", "  odd"], "folds": [{"first": 3, "last": 4, "is_open": True}]}
    links = [{"row": 4, "text": "odd", "path": str(odd), "line": 9}]
    editor.lua("require('holesmith.page').open('explanation', ...)", {**page, "links": links})
    editor.send("<Esc>4G<CR>")
    editor.wait_for(lambda: editor.buffer == ["one", "two"], "the file")
    assert editor.api.current.window.cursor[0] == 2
