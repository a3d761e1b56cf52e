"""Neovim, our plugin, our server and a real model, in real repositories.

With HOLESMITH_PICTURES set to a folder, what was on the screen is kept there for the manual.
"""

import ast
import os
import re
import shutil
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest
from holesmith.engine.files.weight_source import WeightSource

pytest.importorskip("pynvim")

from tests.e2e.editors.neovim import Neovim, installed, neovim

PROGRAM = str(Path(sys.executable).with_name("holesmith"))
EXAMPLE = Path(__file__).parents[3] / "cli" / "example" / "bookshop"
LOAD_SECONDS, ANSWER_SECONDS = 90.0, 30.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["0.12", "0.11"])
def editor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_model_path: WeightSource
) -> Generator[Neovim]:
    home = tmp_path_factory.mktemp("home")
    inline = {"confidenceMin": 0}  # whatever the model says is good enough to be looked at
    settings = {"model": str(real_model_path.path), "device": "cpu", "inline": inline}
    setup = {"keys": {"accept": "<Tab>"}}
    with neovim(installed(request.param), home, [PROGRAM, "lsp"], setup, settings) as opened:
        yield opened


def check_completed(editor: Neovim, path: Path, above: str, typed: str, picture: str | None = None) -> str:
    """Type a line above another, take what is suggested, and return the line that is then on the disk."""
    editor.edit(path)
    loaded = "return (require('holesmith.server').status or {}).health == 'ready'"
    editor.wait_for(lambda: bool(editor.lua(loaded)), "the model", LOAD_SECONDS)
    row = next(number for number, line in enumerate(editor.buffer) if line.startswith(above))
    editor.api.current.window.cursor = (row + 1, 0)
    editor.send("O<C-u>")
    editor.write(typed)
    editor.wait_for(lambda: editor.ghost != "", "a suggestion", ANSWER_SECONDS)
    ghost = editor.ghost
    if picture and (folder := os.environ.get("HOLESMITH_PICTURES")):
        Path(folder, picture).write_text(editor.screen.as_svg())
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer[row] != typed, "the text")
    editor.send("<Esc>:write<CR>")
    editor.wait_for(lambda: path.read_text().splitlines() == editor.buffer, "the file")
    line = path.read_text().splitlines()[row]
    assert line == typed + ghost.splitlines()[0]
    return line


def test_a_repository_of_ones_own(editor: Neovim, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "bookshop")
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "bookshop" / "basket.py"
    line = check_completed(
        editor, path, "    def total_pages", "    def has_books(self) -> bool: return len(self.", "neovim.svg"
    )
    assert "self.lines" in line
    ast.parse(path.read_text())


def test_a_package_that_others_wrote(editor: Neovim, tmp_path: Path) -> None:
    found = find_spec("platformdirs")
    assert found is not None
    assert found.origin is not None
    shutil.copytree(Path(found.origin).parent, tmp_path / "platformdirs")
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "platformdirs" / "unix.py"
    line = check_completed(
        editor, path, "    @property", "    state = os.environ.get('XDG_STATE_HOME', os.path."
    )
    assert hasattr(os.path, re.sub(r"\W.*", "", line.partition("os.path.")[2]))


def test_a_model_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    empty = {"XDG_DATA_HOME": str(tmp_path / "data")}
    with neovim(installed("0.12"), tmp_path, [PROGRAM, "lsp"], {}, {"device": "cpu"}, empty) as editor:
        editor.edit(tmp_path / "a.py")
        editor.wait_for(lambda: len(editor.messages) > 0, "the message")
        editor.send("ix = 1<Esc>")
        editor.wait_for(lambda: "Holesmith: error" in editor.screen.lines[-2], "the status")
        assert len(editor.messages) == 1
        assert "holesmith model pull" in editor.messages[0]
