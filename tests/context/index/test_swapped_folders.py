"""A folder that is swapped for a link in the middle of a reading leads to nothing that the link leads to.

Whoever does so is another program that may write to the workspace; here the swap happens in the reading's own
call to the system, so that it comes at each moment in turn.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from holesmith.analysis.files import regular_file
from holesmith.analysis.files.regular_file import UnreadableFileError, read_regular_file
from holesmith.analysis.files.secrets import is_secret
from holesmith.analysis.files.source_access import SourceAccess
from holesmith.context.index.files import FoundFile, Limits, SkippedFileError, read_source

FILE = "outer/inner/a.py"


def by_resolving(root: Path) -> object:
    return read_regular_file(root / FILE, 100, root=root)


def as_analysis(root: Path) -> object:
    return SourceAccess(str(root), [], is_secret).read(str(root / FILE))


def as_library(root: Path) -> object:
    return SourceAccess(str(root.parent / "none"), [str(root)], is_secret).read(str(root / FILE))


def as_indexer(root: Path) -> object:
    return read_source(root, FoundFile(FILE, 6, 0), Limits()).encode()


READERS: tuple[Callable[[Path], object], ...] = (by_resolving, as_analysis, as_library, as_indexer)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for folder, text in (("work/outer/inner", "inside"), ("away/inner", "secret"), ("work/.aws", "secret")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text(text)
    return root


def swap_at(monkeypatch: pytest.MonkeyPatch, call: str, number: int, folder: Path, target: Path) -> None:
    """Put a link to ``target`` in the place of ``folder`` just before that call of ``os.<call>``."""
    real: Callable[..., Any] = getattr(os, call)
    calls = 0

    def swapping(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            folder.rename(f"{folder}.aside")
            folder.symlink_to(target)
        return real(*arguments, **options)

    monkeypatch.setattr(os, call, swapping)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("call", ["open", "stat"])
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize(("folder", "target"), [("outer", "../away"), ("outer/inner", "../../away/inner")])
def test_what_a_link_leads_to_is_never_read(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: Callable[[Path], object],
    call: str,
    number: int,
    folder: str,
    target: str,
) -> None:
    with monkeypatch.context() as patched:
        swap_at(patched, call, number, root / folder, Path(target))
        try:
            read = reader(root)
        except (UnreadableFileError, SkippedFileError, FileNotFoundError):
            read = b""
    assert read in (b"inside", b"")


@pytest.mark.parametrize("reader", [as_analysis, as_indexer])
def test_nor_another_folder_of_the_workspace(
    root: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[Path], object]
) -> None:
    swap_at(monkeypatch, "open", 1, root / "outer/inner", root / ".aws")
    with pytest.raises((SkippedFileError, FileNotFoundError)):
        reader(root)


@pytest.mark.parametrize("can_walk", [True, False])
@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_nobody_touches_is_read_on_every_system(
    root: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[Path], object], can_walk: bool
) -> None:
    monkeypatch.setattr(regular_file, "_CAN_WALK", can_walk)
    assert reader(root) == b"inside"


@pytest.mark.parametrize("can_walk", [True, False])
@pytest.mark.parametrize("reader", [by_resolving, as_analysis, as_indexer])
def test_a_link_that_was_there_before_is_not_followed_on_any_system(
    root: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[Path], object], can_walk: bool
) -> None:
    monkeypatch.setattr(regular_file, "_CAN_WALK", can_walk)
    (root / "outer/inner").rename(root / "aside")
    (root / "outer/inner").symlink_to(root.parent / "away/inner")
    with pytest.raises((UnreadableFileError, SkippedFileError, FileNotFoundError)):
        reader(root)
