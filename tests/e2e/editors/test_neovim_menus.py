"""The menus of nvim-cmp and blink.cmp show what ``textDocument/completion`` offers, one line each.

The plugins are not ours to keep: HOLESMITH_NVIM_PLUGINS is a folder with checkouts of nvim-cmp, cmp-nvim-lsp
and blink.cmp, and without it there is nothing to test.
"""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

pytest.importorskip("pynvim")

from tests.e2e.editors.neovim import Neovim, installed, neovim

PLUGINS = os.environ.get("HOLESMITH_NVIM_PLUGINS", "")
SERVER = Path(__file__).parents[2] / "fakes_service.py"

NVIM_CMP = """
for _, name in ipairs({ 'nvim-cmp', 'cmp-nvim-lsp' }) do
  vim.opt.runtimepath:append((...) .. '/' .. name)
end
vim.cmd.runtime('plugin/cmp.lua')
vim.cmd.runtime('after/plugin/cmp_nvim_lsp.lua')
local cmp = require('cmp')
cmp.setup({
  sources = { { name = 'nvim_lsp' } },
  snippet = { expand = function(args) vim.snippet.expand(args.body) end },
  mapping = { ['<C-y>'] = cmp.mapping.confirm({ select = true }) },
})
"""
BLINK_CMP = """
vim.opt.runtimepath:append((...) .. '/blink.cmp')
require('blink.cmp').setup({
  fuzzy = { implementation = 'lua' },
  sources = { default = { 'lsp' } },
  keymap = { preset = 'default' },
})
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not PLUGINS, reason="HOLESMITH_NVIM_PLUGINS is not set"),
]


@pytest.fixture(scope="module", params=["0.12", "0.11"])
def program(request: pytest.FixtureRequest) -> str:
    return installed(request.param)


@pytest.fixture(params=[NVIM_CMP, BLINK_CMP], ids=["nvim-cmp", "blink.cmp"])
def editor(program: str, request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Neovim]:
    path = tmp_path / "a.py"
    path.touch()
    with neovim(program, tmp_path, [sys.executable, "-P", str(SERVER)], {}) as opened:
        opened.lua(request.param, PLUGINS)
        opened.edit(path)
        ready = "return (require('holesmith.server').status or {}).health == 'ready'"
        opened.wait_for(lambda: bool(opened.lua(ready)), "the server", 20)
        opened.send("i")
        yield opened
        opened.send("<Esc><Esc>")


def wait_for_entry(editor: Neovim, label: str) -> None:
    """An entry of the menu, in a line of its own."""
    editor.wait_for(
        lambda: any(label in line and "x =" not in line for line in editor.screen.lines),
        f"{label} in the menu",
    )


def test_an_item_of_the_menu_is_taken(editor: Neovim) -> None:
    editor.write("x = wor")
    wait_for_entry(editor, "word(x)")
    editor.send("<C-y>")
    editor.wait_for(lambda: editor.buffer == ["x = word(x)"], "the text")


def test_of_several_lines_the_menu_has_the_first(editor: Neovim) -> None:
    editor.write("x = multi")
    wait_for_entry(editor, "multifirst(")
    editor.send("<C-y>")
    editor.wait_for(lambda: editor.buffer[0].startswith("x = multifirst("), "the text")
    assert len(editor.buffer) == 1
