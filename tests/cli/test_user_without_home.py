"""A user who has neither a home nor an entry in the list of users, as in a container: one line, no debris."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Takes the user's entry away, as `setpriv --reuid 54321 env -u HOME` would.
BOOTSTRAP = """
import pwd, sys
def nobody(_): raise KeyError("no such user")
pwd.getpwuid = nobody
from holesmith.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
PLACES = (
    "HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "HOLESMITH_CACHE",
    "HOLESMITH_MODELS",
    "NUMBA_CACHE_DIR",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "0"\n')
    (tmp_path / "shop.py").write_text("def price(net):\n    return net\n")
    return tmp_path


def run(workspace: Path, *arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in PLACES}
    result = subprocess.run(
        [sys.executable, "-P", "-c", BOOTSTRAP, *arguments],
        cwd=workspace,
        env=environment,
        input=said.decode(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert {path.name for path in workspace.iterdir()} == {"pyproject.toml", "shop.py"}
    return result


@pytest.mark.parametrize("arguments", [["model", "list"], ["model", "path", "qwen2.5-coder-0.5b"]])
def test_models_need_a_folder_and_one_line_says_which_variable_names_it(
    workspace: Path, arguments: list[str]
) -> None:
    result = run(workspace, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("holesmith: error: there is no folder for models")
    assert "set HOLESMITH_MODELS" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_completion_says_what_is_missing(workspace: Path) -> None:
    result = run(workspace, "complete", "shop.py", "2", "11")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert all(line.startswith("holesmith: ") for line in lines)
    assert "there is no folder for models" in lines[-1]


def test_a_server_serves(workspace: Path) -> None:
    messages = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{}}}',
        '{"jsonrpc":"2.0","id":2,"method":"shutdown"}',
        '{"jsonrpc":"2.0","method":"exit"}',
    )
    said = "".join(f"Content-Length: {len(each)}\r\n\r\n{each}" for each in messages)
    result = run(workspace, "lsp", said=said.encode())
    assert result.returncode == 0
    assert "inlineCompletionProvider" in result.stdout


def test_compiled_code_is_not_kept_in_the_current_folder(workspace: Path) -> None:
    """numba unpickles what it finds where it keeps code, so a workspace could bring some."""
    program = (
        "import pwd, sys\n"
        "def nobody(_): raise KeyError\n"
        "pwd.getpwuid = nobody\n"
        "import holesmith.kernels.machine_code.low_bit\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in PLACES}
    for more in ({}, {"XDG_CACHE_HOME": "cache", "HOME": "/"}, {"NUMBA_CACHE_DIR": "kept", "HOME": "/"}):
        subprocess.run(
            [sys.executable, "-P", "-c", program], cwd=workspace, env={**environment, **more}, check=True
        )
        assert {path.name for path in workspace.iterdir()} == {"pyproject.toml", "shop.py"}
