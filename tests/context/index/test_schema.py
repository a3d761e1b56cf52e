"""Opening one database from several windows at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from holesmith.context.index.schema import open_writer

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
