"""``holesmith uninstall``: everything of ours goes, nothing else does, and no link is followed."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from holesmith.cli.main import main
from holesmith.cli.uninstall import editor_pieces, kept_files
from holesmith.engine.store.store import Record, StoredFile, write_record

OURS = (
    "data/models/tiny/holesmith.json",
    "data/models/tiny/tiny.gguf",
    "data/models/.partial/tiny/tiny.gguf",
    "data/models/.locks/tiny.lock",
    "cache/index/shop-0123456789abcdef/workspace",
    "cache/index/shop-0123456789abcdef/index-1.sqlite3",
    "cache/packed/0123.safetensors",
    "cache/verified/0123.json",
    "cache/kernels/kernels_0123/step.nbi",
    "cache/kernels/4567/step.nbc",
    "cache/kernels/4567/lock",
    "cache/own-suite/shop/a.py",
    "program/kernels/__pycache__/step.py311.nbi",
    "program/kernels/__pycache__/step.py311.1.nbc",
    "program/kernels/machine_code/__pycache__/kernels/4567/step.nbi",
    "config/Code/User/globalStorage/holesmith.holesmith/server/pyvenv.cfg",
    "config/Code/User/globalStorage/holesmith.holesmith/server/bin/holesmith",
)
# In the same folders, but of others.
FOREIGN = (
    "data/models/mine.gguf",
    "data/models/other/model.safetensors",
    "cache/notes.txt",
    "cache/index/contents.html",
    "cache/index/theirs/page.html",
    "cache/index/project/workspace/page.html",
    "cache/packed/archive.zip",
    "cache/kernels/linux/vmlinuz",
    "program/kernels/__pycache__/step.cpython-311.pyc",
    "config/Code/User/globalStorage/holesmith.holesmith/state.json",
    "config/Code/User/settings.json",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path / "data" / "models"))

    def files(package: str) -> Path:
        return tmp_path / "program" / package.removeprefix("holesmith.")

    monkeypatch.setattr(kept_files, "files", files)
    for name in (*OURS, *FOREIGN):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 1_000)
    stored = StoredFile("tiny.gguf", 1_000, "0" * 64)
    write_record(Record("tiny", None, "a test", None, (stored,)), tmp_path / "data" / "models" / "tiny")
    return tmp_path


def present(home: Path, names: tuple[str, ...]) -> set[str]:
    return {name for name in names if os.path.lexists(home / name)}


def test_a_dry_run_lists_all_with_sizes_and_removes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uninstall", "--dry-run"]) == 0
    listed = capsys.readouterr().out
    assert present(home, OURS) == set(OURS)
    paths = [line.split("  ")[-1].strip() for line in listed.splitlines() if line.startswith(" ")]
    for name in OURS:
        assert any((home / name).is_relative_to(path) for path in paths), name
    for name in FOREIGN:
        assert not any((home / name).is_relative_to(path) for path in paths), name
    (packed,) = [line for line in listed.splitlines() if "packed weights" in line]
    assert packed.split()[:2] == ["1.0", "kB"]
    assert "the program: " in listed


def test_all_of_ours_goes_and_what_is_of_others_stays(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall", "--yes"]) == 0
    assert re.search(r"^removed \d", capsys.readouterr().out, re.MULTILINE)
    assert present(home, OURS) == set()
    assert present(home, FOREIGN) == set(FOREIGN)
    assert main(["uninstall", "--yes"]) == 0
    assert "there is nothing to remove" in capsys.readouterr().out


def test_folders_that_are_empty_then_go_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variable names them."""
    monkeypatch.delenv("HOLESMITH_CACHE")
    monkeypatch.delenv("HOLESMITH_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "share"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "caches"))
    for name in ("share/holesmith/models/.locks/a.lock", "caches/holesmith/verified/0.json"):
        (home / name).parent.mkdir(parents=True)
        (home / name).touch()
    assert main(["uninstall", "--yes"]) == 0
    assert list((home / "share").iterdir()) == []
    assert list((home / "caches").iterdir()) == []


def link_a_model(home: Path) -> Path:
    target = home / "elsewhere" / "tiny"
    target.parent.mkdir()
    (home / "data" / "models" / "tiny").rename(target)
    (home / "data" / "models" / "tiny").symlink_to(target)
    return target / "tiny.gguf"


def link_the_packed_weights(home: Path) -> Path:
    target = home / "elsewhere" / "packed"
    target.parent.mkdir()
    (home / "cache" / "packed").rename(target)
    (home / "cache" / "packed").symlink_to(target)
    return target / "0123.safetensors"


def link_within_an_index(home: Path) -> Path:
    target = home / "elsewhere"
    target.mkdir()
    (target / "precious.txt").touch()
    (home / "cache" / "index" / "shop-0123456789abcdef" / "more").symlink_to(target)
    return target / "precious.txt"


@pytest.mark.parametrize("make_link", [link_a_model, link_the_packed_weights, link_within_an_index])
def test_nothing_is_removed_through_a_link(
    home: Path, make_link: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    linked = make_link(home)
    assert main(["uninstall", "--yes"]) == 0
    assert linked.exists()
    if make_link is not link_within_an_index:
        assert "is a link; remove it yourself" in capsys.readouterr().out


RECORD = '{"name": "a", "licence": "b", "source": "c", "revision": "d", "files": %s}'


@pytest.mark.parametrize(
    "record",
    [
        RECORD % '[{"path": "a.gguf", "bytes": 0, "sha256": ""}]',
        RECORD % '[{"path": ["a.gguf"], "bytes": 0, "sha256": ""}]',
        "{}",
        "[" * 100_000,
    ],
    ids=["valid", "wrong type", "empty", "deep"],
)
def test_a_repository_that_says_it_is_a_model_stays(
    home: Path, capsys: pytest.CaptureFixture[str], record: str
) -> None:
    repository = home / "data" / "models" / "cloned"
    (repository / "src").mkdir(parents=True)
    for name, text in (("src/mine.py", "unsaved = 1\n"), ("a.gguf", ""), ("holesmith.json", record)):
        (repository / name).write_text(text)
    assert main(["uninstall", "--yes"]) == 0
    assert (repository / "src" / "mine.py").exists()
    assert "remove it yourself" in capsys.readouterr().out
    assert not (home / "data" / "models" / "tiny").exists()


def test_the_cache_of_jedi_itself_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLESMITH_CACHE may name the folder in which every program has its cache."""
    theirs = home / "cache" / "jedi" / "CPython-311-33" / "a.pkl"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    assert main(["uninstall", "--yes"]) == 0
    assert theirs.exists()
    assert not (home / "cache" / "packed" / "0123.safetensors").exists()


def test_what_a_running_server_removes_meanwhile_is_passed_over(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def remove_first(path: Path) -> int:
        path.unlink(missing_ok=True) if path.suffix == ".json" else None
        return 0

    monkeypatch.setattr(kept_files, "_bytes_of", remove_first)
    assert main(["uninstall", "--dry-run"]) == 0
    listed = capsys.readouterr().out
    assert "checked file" not in listed
    assert "packed weights" in listed


def test_without_a_terminal_it_asks_for_the_flag(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall"]) == 1
    assert "add --yes to remove" in capsys.readouterr().err
    assert present(home, OURS) == set(OURS)


@pytest.mark.parametrize(("answer", "is_removed"), [("y", True), ("", False), ("n", False)])
def test_it_asks_before_it_removes(
    home: Path, monkeypatch: pytest.MonkeyPatch, answer: str, is_removed: bool
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    def ask(question: str) -> str:
        assert question.startswith("Remove all of this (")
        return answer

    monkeypatch.setattr("builtins.input", ask)
    assert main(["uninstall"]) == (0 if is_removed else 1)
    assert present(home, OURS) == (set() if is_removed else set(OURS))


@pytest.mark.parametrize(
    ("mark", "remedy"),
    [
        ("uv-receipt.toml", "uv tool uninstall holesmith"),
        ("pipx_metadata.json", "pipx uninstall holesmith"),
        ("pyvenv.cfg", f"{sys.executable} -m pip uninstall holesmith"),
    ],
)
def test_it_says_how_the_program_itself_goes(tmp_path: Path, mark: str, remedy: str) -> None:
    (tmp_path / mark).touch()
    assert editor_pieces.how_to_remove(tmp_path, tmp_path / "holesmith") == remedy


def test_extension_and_plugin_are_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".vscode" / "extensions" / "holesmith.holesmith-0.1.0").mkdir(parents=True)
    plugin = home / ".local" / "share" / "nvim" / "site" / "pack" / "mine" / "start" / "holesmith.nvim-0.1.0"
    plugin.mkdir(parents=True)
    assert main(["uninstall", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "the VS Code extension: code --uninstall-extension holesmith.holesmith\n" in printed
    assert f"the Neovim plugin: remove {plugin}\n" in printed
