"""The database's files: opened by several windows at once, and readable by their user alone."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from holesmith.context.index.location import database_of
from holesmith.context.index.process.foreground import index_now
from holesmith.context.index.reader import Index
from holesmith.context.index.schema import open_writer
from holesmith.system.private_files import CACHE_VARIABLE

from tests.context.repository import write_files

WINDOWS = 4
ROUNDS = 20  # without the lock about one round in three fails
WAIT_S = 30.0


def test_windows_that_open_a_new_index_at_once_all_get_it(tmp_path: Path) -> None:
    barrier = Barrier(WINDOWS)

    def open_one_after_another(_: int) -> None:
        for number in range(ROUNDS):
            barrier.wait(WAIT_S)
            open_writer(tmp_path / str(number) / "index.sqlite3").close()

    # Each connection is a database client of its own, so threads meet as processes do.
    with ThreadPoolExecutor(WINDOWS) as windows:
        list(windows.map(open_one_after_another, range(WINDOWS)))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    write_files(tmp_path / "work", {"a.py": "x = 1\n"})
    before = os.umask(0o002)
    yield tmp_path / "work"
    os.umask(before)


def modes_below(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode)
        for path in (folder, *folder.rglob("*"))
    }


def expected(modes: dict[str, int], folder: Path) -> dict[str, int]:
    return {path: 0o700 if (folder / path).is_dir() else 0o600 for path in modes}


def test_an_index_is_readable_by_its_user_alone_also_while_it_is_written(root: Path) -> None:
    index = database_of(root).parent.parent
    index_now(root)
    connection = open_writer(database_of(root))
    connection.execute("DELETE FROM files")  # now there is a write-ahead log
    modes = modes_below(index)
    assert len(modes) >= 6
    assert modes == expected(modes, index)
    connection.close()


def test_an_index_that_an_older_version_left_readable_is_made_private(root: Path) -> None:
    index = database_of(root).parent.parent
    index_now(root)
    for path in (index, *index.rglob("*")):
        path.chmod(0o775 if path.is_dir() else 0o664)
    index_now(root)
    modes = modes_below(index)
    assert modes == expected(modes, index)


def test_an_index_in_another_users_folder_is_neither_written_nor_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_now(root)
    assert Index(database_of(root)).paths()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert Index(database_of(root)).paths() == set()
    with pytest.raises(OSError, match="belongs to another user"):
        open_writer(database_of(root))
