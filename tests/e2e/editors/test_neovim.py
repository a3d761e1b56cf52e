"""The plugin in real Neovims on a scripted server: 0.12 with its own inline completion, 0.11 with ours."""

import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pynvim")

from tests.e2e.editors.neovim import Neovim, empty_file, journal, scripted

KEYS = {"accept": "<Tab>"}
FIRST = '_all(names, "hi")\nprint("done")'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", params=["0.12", "0.11"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Neovim]:
    with scripted(request.param, tmp_path_factory.mktemp("home"), {"keys": KEYS}) as editor:
        yield editor


@pytest.fixture
def editor(opened: Neovim, tmp_path: Path) -> Generator[Neovim]:
    """On an empty file, in insert mode."""
    with empty_file(opened, tmp_path) as editor:
        yield editor


def saved(editor: Neovim) -> str:
    editor.send("<Esc>:write<CR>")
    path = Path(editor.api.current.buffer.name)
    editor.wait_for(lambda: path.read_text() != "", "the file")
    return path.read_text()


def test_what_is_suggested_is_shown_and_taken_with_tab(editor: Neovim) -> None:
    editor.write("greet")
    assert editor.wait_for_ghost(FIRST)
    assert editor.buffer == ["greet"]
    editor.send("<Tab>")
    editor.wait_for(lambda: len(editor.buffer) == 2, "the text")
    assert saved(editor) == f"greet{FIRST}\n"


def test_a_closing_bracket_behind_the_cursor_is_replaced(editor: Neovim) -> None:
    editor.write("call()")
    editor.send("<Left>")
    editor.wait_for_ghost()
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer == ["call(first, second)"], "the text")


def test_in_a_dos_file_no_carriage_return_is_shown_or_taken(editor: Neovim) -> None:
    editor.lua("vim.bo.fileformat = 'dos'")
    editor.write("ends")
    editor.wait_for(lambda: "return 1" in editor.ghost, "ghost text")
    assert "^M" not in "\n".join(editor.screen.lines)
    editor.send("<M-w>")
    editor.wait_for(lambda: editor.buffer == ["ends_here"], "the word")
    editor.wait_for(lambda: "return 1" in editor.ghost, "the rest")
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer == ["ends_here:", "    return 1"], "the text")
    saved(editor)
    assert Path(editor.api.current.buffer.name).read_bytes() == b"ends_here:\r\n    return 1\r\n"


def asked_last(editor: Neovim) -> dict[str, Any]:
    """The last request that the server was asked."""
    return {name: journal(editor)[-1].get(name) for name in ("kind", "before")}


def test_undo_takes_back_what_was_taken_and_nothing_that_was_typed(editor: Neovim) -> None:
    editor.write("x = greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<Tab>")
    editor.wait_for(lambda: len(editor.buffer) == 2, "the text")
    taken = editor.buffer
    editor.write("  # twice")
    editor.send("<Esc>u")
    editor.wait_for(lambda: editor.buffer == taken, "the text without what was typed behind it")
    editor.send("u")
    editor.wait_for(lambda: editor.buffer == ["x = greet"], "the text without the suggestion")


def test_undo_takes_back_a_word_that_was_taken(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<M-w>")
    editor.wait_for(lambda: editor.buffer == ["greet_all"], "the word")
    editor.send("<Esc>u")
    editor.wait_for(lambda: editor.buffer == ["greet"], "the text without the word")


def test_an_answer_without_suggestions_does_not_make_an_old_one_fit(editor: Neovim) -> None:
    """The answer to a later request must not be taken for the one that what is shown came with."""
    editor.write("alone")
    editor.wait_for_ghost("_all()")
    editor.write("!")
    asked = [{"kind": 2, "before": "alone!"}, {"kind": 2, "before": "alone"}]
    for keys, request in zip(("", "<Left>"), asked, strict=True):
        editor.send(keys)
        editor.wait_for(lambda request=request: asked_last(editor) == request, "the request")
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer != ["alone!"], "what Tab does by itself")
    assert "_all" not in editor.buffer[0]


def test_word_and_line_are_taken_one_by_one(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<M-w>")
    editor.wait_for(lambda: editor.buffer == ["greet_all"], "the word")
    editor.wait_for_ghost(FIRST.removeprefix("_all"))
    editor.send("<M-w>")
    editor.wait_for(lambda: editor.buffer == ["greet_all("], "the bracket")
    editor.wait_for_ghost(FIRST.removeprefix("_all("))
    editor.send("<M-l>")
    editor.wait_for(lambda: editor.buffer == ['greet_all(names, "hi")'], "the line")


def test_typing_what_is_shown_keeps_it_and_never_doubles_it(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.write("_all(")
    editor.wait_for(lambda: editor.buffer == ["greet_all("], "the text")
    assert editor.ghost == FIRST.removeprefix("_all(")
    editor.send("<Tab>")
    editor.wait_for(lambda: len(editor.buffer) == 2, "the text")
    assert saved(editor) == f"greet{FIRST}\n"


def test_typing_something_else_takes_it_away(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.write("!")
    editor.wait_for(lambda: editor.buffer == ["greet!"], "the text")
    assert editor.ghost == ""
    editor.send("<Tab>")
    assert [line.rstrip() for line in editor.buffer] == ["greet!"]


def test_the_next_and_the_previous_suggestion(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<M-n>")
    editor.wait_for_ghost("_one(name)")
    assert "(2/2)" in "\n".join(editor.screen.lines)
    editor.send("<M-p>")
    editor.wait_for_ghost(FIRST)
    editor.send("<M-n>")
    editor.wait_for_ghost("_one(name)")
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer == ["greet_one(name)"], "the text")


def test_where_there_is_one_suggestion_the_next_is_asked_for(editor: Neovim) -> None:
    editor.write("more")
    editor.wait_for_ghost("_one()")
    editor.send("<M-n>")
    editor.wait_for_ghost("_two()")
    editor.send("<M-p>")
    editor.wait_for_ghost("_one()")
    editor.send("<M-n>")
    editor.wait_for_ghost("_two()")
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer == ["more_two()"], "the text")


def test_how_the_buffer_is_indented_is_told_to_the_server(editor: Neovim) -> None:
    if editor.lua("return vim.lsp.inline_completion ~= nil"):
        pytest.skip("Neovim 0.12 makes its requests itself; the server reads the document's style")
    editor.lua("vim.bo.expandtab = false vim.bo.tabstop = 3 vim.bo.shiftwidth = 3")
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    assert journal(editor)[-1]["formatting"] == {"tabSize": 3, "insertSpaces": False}


def test_a_dismissed_suggestion_is_gone(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<M-e>")
    editor.wait_for_ghost("")
    editor.send("<Tab>")
    assert [line.rstrip() for line in editor.buffer] == ["greet"]


def test_a_suggestion_is_gone_outside_insert_mode(editor: Neovim) -> None:
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    editor.send("<Esc>")
    editor.wait_for_ghost("")


def test_asking_by_hand(editor: Neovim) -> None:
    editor.send("<Esc>:Holesmith toggle<CR>i")
    try:
        editor.write("greet")
        before = len(journal(editor))
        assert editor.ghost == ""
        editor.send("<Esc>:Holesmith toggle<CR>A<M-i>")
        editor.wait_for_ghost(FIRST)
        assert 1 in [asked.get("kind") for asked in journal(editor)[before:]]
    finally:
        editor.lua("require('holesmith').toggle(true)")


def test_what_is_overtaken_is_cancelled(editor: Neovim) -> None:
    if editor.lua("return vim.lsp.inline_completion ~= nil"):
        pytest.skip("Neovim 0.12 does not cancel what it has overtaken; the server does")
    editor.write("slow")
    asked = [2, "slow"]
    editor.wait_for(
        lambda: asked in [[each.get("kind"), each.get("before")] for each in journal(editor)], "the request"
    )
    editor.write(" ")
    editor.wait_for(lambda: {"cancelled": "slow"} in journal(editor), "the cancellation")


def test_tab_is_left_alone_where_another_mapping_has_it(editor: Neovim) -> None:
    editor.lua("vim.keymap.set('i', '<Tab>', function() return '>>' end, { expr = true })")
    editor.write("x")
    editor.send("<Tab>")
    editor.wait_for(lambda: editor.buffer == ["x>>"], "the mapping's text")
    editor.lua("vim.keymap.del('i', '<Tab>')")


def test_one_server_serves_all_folders(editor: Neovim, tmp_path: Path) -> None:
    before = editor.server_process()
    (tmp_path / "other" / ".git").mkdir(parents=True)
    (tmp_path / "other" / "b.py").touch()
    editor.send("<Esc>")
    editor.edit(tmp_path / "other" / "b.py")
    editor.wait_for(lambda: {"added": [(tmp_path / "other").as_uri()]} in journal(editor), "the folder")
    assert editor.server_process() == before


def test_a_server_that_dies_is_started_again(editor: Neovim) -> None:
    killed = editor.server_process()
    os.kill(killed, signal.SIGKILL)
    editor.wait_for(lambda: any("started again" in text for text in editor.messages), "the message")
    editor.wait_for(lambda: bool(editor.lua("return #vim.lsp.get_clients({ bufnr = 0 }) == 1")), "a client")
    editor.write("greet")
    editor.wait_for_ghost(FIRST)
    assert editor.server_process() != killed


def test_the_command_restart(editor: Neovim) -> None:
    before = editor.server_process()
    editor.send("<Esc>:Holesmith restart<CR>i")
    client = "local c = vim.lsp.get_clients({ bufnr = 0 })[1] return c ~= nil and c.initialized"
    editor.wait_for(lambda: editor.server_process() != before and bool(editor.lua(client)), "a new server")
    assert editor.messages == []
    editor.write("greet")
    editor.wait_for_ghost(FIRST)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("status", "Ready."),
        ("explain", "At place, behind `x`."),
        ("prompt", "│ def greet"),
        ("toggle", "Holesmith: off"),
        ("log", "lsp.log"),
    ],
)
def test_commands_show_what_they_are_about(editor: Neovim, command: str, shown: str) -> None:
    editor.send(f"<Esc>:Holesmith {command}<CR>")
    editor.wait_for(lambda: shown in "\n".join(editor.screen.lines), shown)
    editor.lua("require('holesmith').toggle(true)")


def test_an_unknown_command_names_those_there_are(editor: Neovim) -> None:
    editor.send("<Esc>:Holesmith frobnicate<CR>")
    editor.wait_for(lambda: any("doctor, explain, log" in text for text in editor.messages), "the message")


def test_the_status_line_says_which_model_is_ready(editor: Neovim) -> None:
    editor.wait_for(lambda: "Holesmith: scripted on cpu" in editor.screen.lines[-2], "the status")


ITEMS = ["%{v:lua.require'holesmith'.status()}", "%{%v:lua.require'holesmith'.statusline()%}"]
ODD = "odd %{execute('let g:ran = 1')} %{%execute('let g:ran = 1')%} %= 100 % %<"


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("part", ["model", "device", "activity", "health"])
def test_what_the_server_says_is_text_in_the_status_line(editor: Neovim, item: str, part: str) -> None:
    """A model file may be called anything."""
    status = {"health": "ready", "model": "scripted", "device": "cpu", "message": "scripted on cpu"}
    editor.lua("vim.g.before = vim.o.statusline vim.o.statusline = ...", item)
    try:
        editor.lua("require('holesmith.server').remember_status(nil, ...)", {**status, part: ODD})
        editor.wait_for(lambda: ODD in editor.screen.lines[-2], "the name as it is")
        assert editor.lua("return vim.g.ran") is None
    finally:
        editor.lua("vim.o.statusline = vim.g.before require('holesmith.server').remember_status(nil, ...)", status)


def test_the_status_line_says_what_goes_on_in_the_background(editor: Neovim) -> None:
    tell = "require('holesmith.server').remember_status(nil, vim.tbl_extend('force', {}, ...))"
    status = {"health": "ready", "model": "scripted", "device": "cpu", "message": "scripted on cpu"}
    editor.lua(tell, {**status, "activity": "indexing shop, 40 %"})
    told = "Holesmith: scripted on cpu (indexing shop, 40 %)"
    editor.wait_for(lambda: told in editor.screen.lines[-2], "the activity")
    editor.lua(tell, {**status, "activity": None})
    editor.wait_for(lambda: "scripted on cpu (" not in editor.screen.lines[-2], "the end of it")


def test_checkhealth_finds_nothing_wrong(editor: Neovim) -> None:
    editor.send("<Esc>")
    editor.api.command("checkhealth holesmith")
    report = "\n".join(editor.buffer)
    assert f"the server runs, process {editor.server_process()}" in report
    assert "/.." not in report
    assert "scripted on cpu" in report
    assert "ERROR" not in report
