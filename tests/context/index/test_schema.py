"""Opening one database from several processes at once."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

from holesmith.context.index.schema import open_writer

PROCESSES = 4
ROUNDS = 10  # without the lock about one round in three fails, so all ten pass once in fifty times
WAIT_S = 30.0


def open_together(folder: Path, barrier: Barrier) -> None:
    for number in range(ROUNDS):
        barrier.wait(WAIT_S)
        open_writer(folder / str(number) / "index.sqlite3").close()


def run_at_once(target: Callable[[Path, Barrier], None], folder: Path) -> list[int | None]:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    processes = [context.Process(target=target, args=(folder, barrier)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAIT_S)
    return [process.exitcode for process in processes]


def test_windows_that_open_a_new_index_at_once_all_get_it(tmp_path: Path) -> None:
    assert run_at_once(open_together, tmp_path) == [0] * PROCESSES
