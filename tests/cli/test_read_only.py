"""A home that can't be written, with the model and everything that was kept in it: all that is read works."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.engine.store.store import Record, StoredFile, write_record

from tests.engine.raw_gguf import tiny, u32

NAME = "qwen2.5-coder-0.5b"
HOLESMITH = str(Path(sys.executable).with_name("holesmith"))
# A view of the file system in which one folder can't be written, not even by root.
MOUNT = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
READ_ONLY = ["unshare", "--mount", "sh", "-c", MOUNT]


@dataclass(frozen=True, slots=True)
class User:
    """Someone with a home, who has the default model (a tiny one here) and a project."""

    home: Path
    project: Path

    def run(self, *arguments: str, prefix: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HOLESMITH", "XDG"))
        }
        return subprocess.run(
            [*prefix, HOLESMITH, *arguments],
            cwd=self.project,
            env={**kept, "HOME": str(self.home), "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    """Has used it once, when the home could be written."""
    folder = tmp_path_factory.mktemp("user")
    user = User(folder / "home", folder / "project")
    model = user.home / ".local" / "share" / "holesmith" / "models" / NAME
    model.mkdir(parents=True)
    file = tiny("qwen2")
    file.set("qwen2.context_length", u32(4_096))
    content = file.save(model / "weights.gguf").read_bytes()
    stored = StoredFile("weights.gguf", len(content), hashlib.sha256(content).hexdigest())
    write_record(Record(NAME, "Apache-2.0", "a test", None, (stored,)), model)
    (user.project / ".git").mkdir(parents=True)
    (user.project / "shop.py").write_text("def price(book):\n    return \n", encoding="utf-8")
    assert user.run("complete", "shop.py", "2", "11").returncode == 0
    return user


@pytest.fixture(scope="module")
def read_only(user: User) -> list[str]:
    """What a command is preceded by so that the home can't be written."""
    prefix = [*READ_ONLY, str(user.home)]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], check=False).returncode != 0:
        pytest.skip("only root can make a folder read-only for a command")
    return prefix


@pytest.mark.parametrize(
    "arguments",
    [("complete", "shop.py", "2", "11"), ("demo",), ("model", "pull"), ("model", "list"), ("doctor",)],
    ids=" ".join,
)
def test_a_command_works_in_a_home_that_can_not_be_written(
    user: User, read_only: list[str], arguments: tuple[str, ...]
) -> None:
    result = user.run(*arguments, prefix=read_only)
    assert "Traceback" not in result.stderr
    assert "failed" not in result.stdout
    assert result.returncode == 0 or arguments == ("demo",)  # what a random model writes may be nothing
    assert "packing in memory" not in result.stderr  # what is kept is used


def test_what_must_be_written_is_refused_in_one_line(user: User, read_only: list[str]) -> None:
    result = user.run("model", "pull", "qwen2.5-coder-1.5b", prefix=read_only)
    *_, last = result.stderr.splitlines()
    assert result.returncode == 1
    assert last.startswith("holesmith: error: cannot write to ")
    assert last.endswith("(Read-only file system): set HOLESMITH_MODELS to another directory")
