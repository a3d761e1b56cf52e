"""Interrupting the main thread and ending the process: by POSIX' timers, and as it is done without them."""

import subprocess
import sys
import textwrap
import time
from types import FrameType

import pytest
from holesmith.system import timers
from holesmith.system.timers import interrupting


class Late(BaseException):
    pass


@pytest.fixture(params=["posix", "windows"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "HAS_INTERVAL_TIMERS", request.param == "posix")


def always(_frame: FrameType | None) -> bool:
    return True


def compute_for(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_what_takes_too_long_is_interrupted() -> None:
    with pytest.raises(Late), interrupting(0.01, 0.005, Late, always):
        compute_for(60)


def test_what_ends_in_time_is_left_alone_and_so_is_what_follows() -> None:
    for _ in range(50):
        with interrupting(0.02, 0.005, Late, always):
            pass
    compute_for(0.05)


def test_an_end_just_at_the_deadline_leaves_nothing_behind() -> None:
    for _ in range(200):
        try:
            with interrupting(0.001, 0.001, Late, always):
                compute_for(0.001)
        except Late:
            continue
    compute_for(0.01)


def test_where_it_does_not_suit_it_waits() -> None:
    done: list[str] = []

    def protected() -> None:
        compute_for(0.1)
        done.append("protected")

    def may_interrupt(frame: FrameType | None) -> bool:
        names: set[str] = set()
        while frame is not None:
            names.add(frame.f_code.co_name)
            frame = frame.f_back
        return "protected" not in names

    def body() -> None:
        protected()
        compute_for(60)

    with pytest.raises(Late), interrupting(0.01, 0.005, Late, may_interrupt):
        body()
    assert done == ["protected"]


def test_an_exception_of_the_body_comes_through() -> None:
    with pytest.raises(ValueError, match="wrong"), interrupting(60, 1, Late, always):
        raise ValueError("wrong")


PROGRAM = """
import sys
from holesmith.system import timers

timers.HAS_INTERVAL_TIMERS = sys.argv[1] == "posix"
timers.WALL_FACTOR = 1.0
with timers.ending_process(60.0):
    pass
with timers.ending_process(0.2):
    pow(7, 10**9)  # one call of a function in C, for minutes
print("it went on")
"""


def test_a_library_that_does_not_return_ends_the_process() -> None:
    form = "posix" if timers.HAS_INTERVAL_TIMERS else "windows"
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), form]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert result.returncode != 0
    assert (result.stdout, result.stderr) == ("", "")
