"""What is set up for the plugin, and what it starts, in real Neovims on a scripted server."""

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("pynvim")

from tests.e2e.editors.neovim import SCRIPTED_SERVER, installed, journal, neovim

FIRST_LINE = '_all(names, "hi")'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MANUALS = ("README.md", "docs/manual/editors.md", "editors/neovim/README.md")
SUFFIXES = "c cpp cs go java js jsx py rs ts tsx".split()


@pytest.mark.parametrize("manual", MANUALS)
def test_the_lines_of_the_manuals_are_enough(tmp_path: Path, manual: str) -> None:
    checkout = Path(__file__).parents[3]
    _, _, rest = (checkout / manual).read_text().partition("```lua\n")
    lines = rest.partition("```")[0].replace("/path/to/holesmith", str(checkout))
    command = [sys.executable, "-P", str(SCRIPTED_SERVER), str(tmp_path / "journal")]
    start = f"""local command, options = ...
    vim.cmd('filetype on')
    messages = {{}}
    vim.api.nvim_set_hl(0, 'ComplHint', {{ fg = options.ghost }})
    {lines}
    vim.cmd.source(options.plugin .. '/plugin/holesmith.lua') -- a configuration is read before plugins are
    vim.lsp.config('holesmith', {{ cmd = command }})
    """
    with neovim(installed("0.12"), tmp_path, command, {}, start=start) as editor:
        for suffix in SUFFIXES:
            (tmp_path / f"a.{suffix}").touch()
            editor.edit(tmp_path / f"a.{suffix}")
        editor.send("i")
        editor.write("greet")
        editor.wait_for_ghost()
        editor.write("!")
        editor.send("<Tab>")
        editor.wait_for(lambda: len(editor.buffer[0]) > len("greet!"), "what Tab does by itself")
        assert "_all" not in editor.buffer[0]
        editor.send("<C-u>greet")
        editor.wait_for_ghost()
        editor.send("<Tab>")
        editor.wait_for(lambda: editor.buffer[0] == f"greet{FIRST_LINE}", "the text")


def test_the_server_is_started_outside_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.py").touch()
    command = [sys.executable, "-P", str(SCRIPTED_SERVER), str(tmp_path / "journal")]
    steering = {"PYTHONPATH": f":{tmp_path}", "PYTHONSTARTUP": "a.py"}
    with neovim(installed("0.12"), tmp_path, command, {}, environment=steering) as editor:
        editor.lua("vim.g.journal = ...", str(tmp_path / "journal"))
        editor.edit(tmp_path / "a.py")
        editor.wait_for(lambda: journal(editor) != [], "the server")
        assert journal(editor)[0] == {"folder": str(Path.home()), "steering": {}}


def write_program(folder: Path) -> Path:
    """A program called holesmith that leaves a mark beside it, and is no server."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "holesmith"
    program.write_text("#!/bin/sh\ntouch \"$0.ran\"\npwd >> \"$0.ran\"\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("entry", ["", ".", "bin", "{workspace}/bin", "{elsewhere}/link", "{workspace}/.venv/bin"])
def test_no_program_of_the_workspace_is_started(tmp_path: Path, entry: str) -> None:
    workspace, elsewhere = tmp_path / "workspace", tmp_path / "elsewhere"
    planted = [write_program(workspace / folder) for folder in (".", "bin", ".venv/bin")]
    (workspace / ".git").mkdir()
    (workspace / "a.py").touch()
    own = write_program(elsewhere / "own")
    (elsewhere / "link").symlink_to(workspace / "bin")
    entry = entry.format(workspace=workspace, elsewhere=elsewhere)
    environment = {"PATH": f"{entry}:{own.parent}:{os.environ['PATH']}"}
    with neovim(installed("0.12"), tmp_path, [], {}, environment=environment) as editor:
        editor.lua("vim.cmd.cd(...)", str(workspace))
        editor.lua("vim.env.VIRTUAL_ENV = ...", str(workspace / ".venv"))
        editor.api.command("edit a.py")
        assert editor.lua("return require('holesmith.server').program()") == str(own)
        editor.wait_for(lambda: Path(f"{own}.ran").exists(), "the user's own program")
        editor.api.command("checkhealth holesmith")
    assert [program for program in planted if Path(f"{program}.ran").exists()] == []


def test_a_missing_program_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    with neovim(installed("0.12"), tmp_path, [], {}, environment={"PATH": "/nowhere"}) as editor:
        editor.lua("require('holesmith.server').program = function() end")
        for name in ("a.py", "b.py"):
            editor.api.command(f"edit {tmp_path / name}")
        assert [text for text in editor.messages if "not on PATH" in text] == editor.messages
        assert len(editor.messages) == 1


def test_no_key_that_editors_need_is_taken_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    command = [sys.executable, "-P", str(SCRIPTED_SERVER), str(tmp_path / "journal")]
    with neovim(installed("0.12"), tmp_path, command, {}) as editor:
        editor.edit(tmp_path / "a.py")
        mapped: list[str] = editor.lua(
            "return vim.tbl_map(function(m) return m.lhs end, vim.api.nvim_buf_get_keymap(0, 'i'))"
        )
        assert mapped
        assert all(key.startswith("<M-") for key in mapped)
