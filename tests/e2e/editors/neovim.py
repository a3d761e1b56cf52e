"""A real Neovim with our plugin, driven as a user would drive it: keys in, screen and files out."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pynvim
import pytest
from platformdirs import user_cache_path

from tests.e2e.editors.neovim_screen import Screen

HERE = Path(__file__).parent
SCRIPTED_SERVER = HERE / "scripted_server.py"
PLUGIN = HERE.parents[2] / "editors" / "neovim"
GHOST = 0x808A9A  # a colour that nothing else on the screen has
WAIT_SECONDS = 20.0
COLUMNS, ROWS = 90, 24

START = """
local command, options = ...
vim.opt.runtimepath:prepend(options.plugin)
vim.cmd.source(options.plugin .. '/plugin/holesmith.lua')
messages = {}
vim.notify = function(text, level) table.insert(messages, text) end
for _, name in ipairs({ 'ComplHint', 'HolesmithGhost' }) do
  vim.api.nvim_set_hl(0, name, { fg = options.ghost, italic = true })
end
vim.o.laststatus, vim.o.autoindent, vim.o.showmode, vim.o.swapfile = 2, true, false, false
vim.o.statusline = "%t %m%=%{v:lua.require'holesmith'.status()} "
require('holesmith').setup(options.setup)
if #command > 0 then vim.lsp.config('holesmith', { cmd = command }) end
vim.lsp.config('holesmith', { init_options = options.settings })
vim.lsp.enable('holesmith')
"""


class Neovim:
    """``send`` types; ``ghost`` is the text on the screen that is in the colour of suggestions."""

    def __init__(self, api: pynvim.Nvim) -> None:
        self.api = api
        self._screen = Screen()

    @property
    def messages(self) -> list[str]:
        return self.api.exec_lua("return messages")

    @property
    def buffer(self) -> list[str]:
        """The lines of the current buffer, asked for at once: a page may take the place of another."""
        return self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, true)")

    @property
    def ghost(self) -> str:
        return self.screen.highlighted(GHOST)

    @property
    def screen(self) -> Screen:
        self._check_unblocked()
        self.api.command("redraw")
        self.api.command(f"call rpcnotify({self.api.channel_id}, 'drawn')")
        while (message := self.api.next_message())[1] != "drawn":
            if message[1] == "redraw":
                self._screen.apply(message[2])
        return self._screen

    def _check_unblocked(self) -> None:
        """Neovim waits for a key after an error; it would answer nothing until then."""
        if self.api.request("nvim_get_mode")["blocking"]:
            self.send("<CR>")
            raise AssertionError(self.api.funcs.execute("messages"))

    def send(self, keys: str) -> None:
        """Type ``keys``, in Neovim's notation, as fast as Neovim takes them."""
        while keys:
            keys = keys.encode()[self.api.input(keys) :].decode()

    def write(self, text: str) -> None:
        """Type plain text."""
        self.send(text.replace("<", "<lt>").replace("\n", "<CR>"))

    def edit(self, path: Path) -> None:
        self.api.command(f"edit! {path}")
        self.wait_for(
            lambda: bool(self.lua("return vim.lsp.get_clients({ bufnr = 0 })[1] ~= nil")), "a client"
        )

    def lua(self, code: str, *arguments: object) -> Any:
        return self.api.exec_lua(code, *arguments)

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Poll until ``condition`` holds; a failure shows what the user would see."""
        end = time.monotonic() + seconds
        while not condition():
            shown = "\n".join(self.screen.lines)
            assert time.monotonic() < end, f"{what} did not come; messages: {self.messages}\n{shown}"
            time.sleep(0.02)

    def wait_for_ghost(self, text: str | None = None) -> str:
        self.wait_for(lambda: self.ghost == text if text is not None else self.ghost != "", f"ghost {text!r}")
        return self.ghost

    def server_process(self) -> int:
        """The process id of the one server that this Neovim has started."""
        found: list[int] = []

        def is_one() -> bool:  # one look at the process table: a server that ends is not there at a second one
            found[:] = self._servers()
            return len(found) == 1

        self.wait_for(is_one, "one server")
        return found[0]

    def _servers(self) -> list[int]:
        editor = self.api.funcs.getpid()
        children = Path(f"/proc/{editor}/task/{editor}/children").read_text().split()
        return [int(child) for child in children if b"python" in Path(f"/proc/{child}/cmdline").read_bytes()]


def journal(editor: Neovim) -> list[dict[str, Any]]:
    """What the scripted server was asked; `vim.g.journal` is the path of its file."""
    path = Path(editor.lua("return vim.g.journal"))
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def installed(series: str) -> str:
    """The path of a Neovim of that series, installed once into the user's cache directory."""
    directory = user_cache_path("holesmith-test-editors") / f"neovim-{series}"
    command = [str(HERE / "install-neovim"), series, str(directory)]
    environment = {**os.environ, "PYTHON": sys.executable}
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    if result.returncode == 3:
        pytest.skip(result.stderr.strip().splitlines()[-1])
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@contextmanager
def neovim(
    program: str,
    home: Path,
    command: list[str],
    setup: Mapping[str, object],
    settings: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    start: str = START,
) -> Generator[Neovim]:
    """A Neovim with nobody's configuration but ours; it, and what it started, is gone afterwards.

    ``start`` is Lua that is run at its start, with the command and options as in START.
    """
    own = {name: str(home / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**own, **(environment or {})}.items():
            patch.setenv(name, value)
        patch.delenv("VIRTUAL_ENV", raising=False)
        api = pynvim.attach("child", argv=[program, "--embed", "--clean", "-n"])
    try:
        api.ui_attach(COLUMNS, ROWS, rgb=True, ext_linegrid=True)
        options = {"plugin": str(PLUGIN), "ghost": GHOST, "setup": setup, "settings": settings or {}}
        api.exec_lua(start, command, options)
        yield Neovim(api)
    finally:
        with suppress(OSError, EOFError):
            api.command("qall!")
        api.close()


@contextmanager
def scripted(series: str, home: Path, setup: Mapping[str, object]) -> Generator[Neovim]:
    """A Neovim on the scripted server, whose journal can be read with `journal`."""
    command = [sys.executable, "-P", str(SCRIPTED_SERVER), str(home / "journal")]
    with neovim(installed(series), home, command, setup) as editor:
        editor.lua("vim.g.journal = ...", str(home / "journal"))
        yield editor


@contextmanager
def empty_file(editor: Neovim, folder: Path) -> Generator[Neovim]:
    """The editor on an empty file, in insert mode; afterwards it has no messages and no other buffers."""
    path = folder / "a.py"
    path.touch()
    editor.edit(path)
    editor.send("i")
    yield editor
    editor.send("<Esc><Esc>")
    editor.lua("messages = {} vim.cmd('silent! only! | silent! %bwipeout!')")
