"""Threads that take pieces of one work: all are used, none is waited for that has not begun."""

import threading

import numpy as np
import pytest
from holesmith.kernels.workers import Workers


def test_all_work_together_as_many_as_are_wanted() -> None:
    workers, seen = Workers(3), np.zeros(3)

    def meet(marks: np.ndarray, worker: int, count: int) -> None:
        marks[worker] = count
        meeting.wait(20)

    meeting = threading.Barrier(3)
    workers.run(meet, seen)
    assert seen.tolist() == [3, 3, 3]
    workers.use(2)
    seen[:], meeting = 0, threading.Barrier(2)
    workers.run(meet, seen)
    assert seen.tolist() == [2, 2, 0]


def test_an_error_of_any_thread_reaches_the_caller() -> None:
    workers, meeting = Workers(3), threading.Barrier(3)

    def fail(worker: int, _count: int) -> None:
        meeting.wait(20)
        if worker == 2:
            raise ValueError("told")

    with pytest.raises(ValueError, match="told"):
        workers.run(fail)


def test_a_thread_that_has_not_begun_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where other programs keep all other cores busy."""
    begun: list[int] = []

    def note(worker: int, _count: int) -> None:
        begun.append(worker)

    def never_begin(_thread: threading.Thread) -> None:
        pass

    monkeypatch.setattr(threading.Thread, "start", never_begin)
    Workers(3).run(note)
    assert begun == [0]
