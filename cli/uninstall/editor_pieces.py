"""Find what other tools have installed and must remove: the program, the extension, the plugin."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import platformdirs
from holesmith.cli.uninstall.kept_files import EXTENSION

_EXTENSIONS = {
    ".vscode": "code",
    ".vscode-insiders": "code-insiders",
    ".vscode-oss": "codium",
    ".vscode-server": "code",
    ".local/share/code-server": "code-server",
}


@dataclass(frozen=True, slots=True)
class Leftover:
    what: str
    remedy: str


def find_leftovers() -> Iterator[Leftover]:
    yield Leftover("the program", how_to_remove(Path(sys.prefix), Path(str(files("holesmith")))))
    try:
        home = Path.home()
    except RuntimeError:
        return
    for folder, command in _EXTENSIONS.items():
        if any((home / folder / "extensions").glob(f"{EXTENSION}-*")):
            yield Leftover("the VS Code extension", f"{command} --uninstall-extension {EXTENSION}")
    packages = platformdirs.user_data_path("nvim", appauthor=False) / "site" / "pack"
    for plugin in sorted(packages.glob("*/*/holesmith.nvim*")):
        yield Leftover("the Neovim plugin", f"remove {plugin}")


def how_to_remove(environment: Path, package: Path) -> str:
    """The command that removes the program, by the traces of its installer in the environment."""
    if (package / "pyproject.toml").is_file():
        return f"remove the checkout {package}"
    if (environment / "uv-receipt.toml").is_file():
        return "uv tool uninstall holesmith"
    if (environment / "pipx_metadata.json").is_file():
        return "pipx uninstall holesmith"
    if environment.parent.name == EXTENSION:
        return f"remove {environment}"
    return f"{sys.executable} -m pip uninstall holesmith"
