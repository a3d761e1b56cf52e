"""The lock on an open file, as POSIX has it and, with a stand-in for its module, as Windows has it."""

import fcntl
import os
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from holesmith.system import file_lock
from holesmith.system.file_lock import lock_file, try_lock_file


class Locking(ModuleType):
    """Windows' module, by locks that two open files of one process have apart: a byte counts as the file."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.places: list[int] = []

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        self.places.append(os.lseek(descriptor, 0, os.SEEK_CUR))
        assert (mode, count) == (self.LK_NBLCK, 1)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(13, "Permission denied") from error


@pytest.fixture(params=["posix", "windows"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "windows":
        monkeypatch.setattr(file_lock, "_fcntl", None)
        monkeypatch.setitem(sys.modules, "msvcrt", Locking())


def test_a_locked_file_is_not_locked_again_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w+b") as first, path.open("r+b") as second:
        try_lock_file(first)
        with pytest.raises(BlockingIOError):
            try_lock_file(second)
        first.close()
        try_lock_file(second)


def test_whoever_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w+b") as first, path.open("r+b") as second:
        lock_file(first)
        waiting = threading.Thread(target=lock_file, args=(second,))
        waiting.start()
        first.close()
        waiting.join(30)
        assert not waiting.is_alive()


def test_locking_leaves_the_place_in_the_file_and_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b"text")
    with path.open("r+b") as file:
        assert file.read(2) == b"te"
        lock_file(file)
        assert file.read() == b"xt"
    assert path.read_bytes() == b"text"
