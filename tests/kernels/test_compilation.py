"""The process that compiles: what it makes can be called, and whatever becomes of it is known."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from holesmith.kernels.compilation import Compilation, CompileState
from holesmith.kernels.compilation_units import FUNCTIONS, STAGES

# Each line is what the process says; a word alone is what it does.
SCRIPT = """
import os, signal, sys, time
for word in sys.argv[1:]:
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "hang":
        time.sleep(3600)
    else:
        print(word, flush=True)
"""


@dataclass
class FakeUnit:
    """Code that is there when the process has said so."""

    is_readable: bool = True
    folders: list[Path] = field(default_factory=list[Path])

    def load(self) -> bool:
        return self.is_readable

    def keep_in(self, folder: Path) -> None:
        self.folders.append(folder)


def compilation(
    folder: Path, *said: str, units: tuple[FakeUnit, ...] = (FakeUnit(), FakeUnit())
) -> Compilation:
    def command(_folder: Path, *, is_polite: bool) -> list[str]:
        return [sys.executable, "-I", "-c", SCRIPT, *said]

    stages = [[unit] for unit in units]
    return Compilation(stages, command, folder)  # pyright: ignore[reportArgumentType]


STAGE_0, STAGE_1 = '{"stage": 0}', '{"stage": 1}'


def test_progress_and_stages_are_told_in_their_order(tmp_path: Path) -> None:
    states: list[CompileState] = []
    half = f'{{"functions": {FUNCTIONS // 2}}}'
    done = compilation(tmp_path, half, STAGE_0, STAGE_1)
    done.run(states.append)
    share = FUNCTIONS // 2 / FUNCTIONS
    assert [(state.stages, state.share) for state in states] == [(0, share), (1, share), (2, 1.0)]
    assert done.is_complete
    assert done.state.failure is None


@pytest.mark.parametrize(
    ("said", "reason"),
    {
        "killed at once": (["die"], f"ended by signal {signal.SIGKILL}"),
        "killed half-way": ([STAGE_0, "die"], f"ended by signal {signal.SIGKILL}"),
        "an error of the compiler": (['{"failed": "TypingError: no"}'], "TypingError: no"),
        "the end without a word": ([], "ended with status 0"),
        "what nobody understands": (["{", "[]", '{"stage": 7}', '{"functions": "many"}'], "status 0"),
    }.values(),
)
def test_a_process_that_fails_is_told_with_the_reason(tmp_path: Path, said: list[str], reason: str) -> None:
    states: list[CompileState] = []
    failed = compilation(tmp_path, *said)
    failed.run(states.append)
    assert failed.state.failure is not None
    assert reason in failed.state.failure
    assert failed.state.share == 1.0
    assert failed.state.stages == said.count(STAGE_0)
    assert states[-1] == failed.state


def test_code_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    failed = compilation(tmp_path, STAGE_0, units=(FakeUnit(is_readable=False),))
    failed.run(lambda state: None)
    assert "can't be read" in (failed.state.failure or "")


def test_a_process_that_cannot_be_started_is_a_failure(tmp_path: Path) -> None:
    def command(_folder: Path, *, is_polite: bool) -> list[str]:
        return [str(tmp_path / "nothing")]

    failed = Compilation([[FakeUnit()]], command, tmp_path)  # pyright: ignore[reportArgumentType]
    failed.run(lambda state: None)
    assert "can't be started" in (failed.state.failure or "")


def test_stopping_ends_the_process_and_tells_nothing_more(tmp_path: Path) -> None:
    told = threading.Event()
    states: list[CompileState] = []

    def on_change(state: CompileState) -> None:
        states.append(state)
        told.set()

    running = compilation(tmp_path, '{"functions": 1}', "hang")
    running.start(on_change)
    assert told.wait(60)
    process = running._process  # pyright: ignore[reportPrivateUsage]  # nobody else has its number
    assert process is not None
    running.stop()
    running.stop()
    assert process.poll() == -signal.SIGKILL
    assert len(states) == 1


def test_what_is_stopped_before_it_starts_starts_no_process(tmp_path: Path) -> None:
    stopped = compilation(tmp_path, "hang")
    stopped.stop()
    stopped.run(lambda state: None)
    assert stopped._process is None  # pyright: ignore[reportPrivateUsage]


def test_where_nothing_can_be_kept_the_code_is_made_for_this_process(tmp_path: Path) -> None:
    folders: list[Path] = []

    def command(folder: Path, *, is_polite: bool) -> list[str]:
        assert folder.stat().st_mode & 0o777 == 0o700
        folders.append(folder)
        return [sys.executable, "-I", "-c", SCRIPT, STAGE_0]

    unit = FakeUnit()
    done = Compilation([[unit]], command, tmp_path / "nothing")  # pyright: ignore[reportArgumentType]
    done.run(lambda state: None)
    assert done.is_complete
    assert unit.folders == folders
    assert not folders[0].exists()


@pytest.mark.parametrize("ending", ["exit", "kill"])
def test_no_process_outlives_the_one_that_it_works_for(tmp_path: Path, ending: str) -> None:
    """A real compilation, whose starter ends as soon as it is under way."""
    end = "os._exit(0)" if ending == "exit" else "os.kill(os.getpid(), 9)"
    program = (
        "import os, sys, threading\n"
        "from pathlib import Path\n"
        "from holesmith.kernels.compilation import Compilation\n"
        "begun = threading.Event()\n"
        "compilation = Compilation(folder=Path(sys.argv[1]))\n"
        "compilation.start(lambda state: begun.set())\n"
        "begun.wait(120)\n"
        "print(compilation._process.pid, flush=True)\n"
        f"{end}\n"
    )
    folder = tmp_path / "kept"
    folder.mkdir(0o700)
    started = subprocess.run(
        [sys.executable, "-P", "-c", program, str(folder)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    number = int(started.stdout)
    wait_until(lambda: is_gone(number))


def wait_until(is_so: Callable[[], bool]) -> None:
    """Within some seconds."""
    for _ in range(200):
        if is_so():
            return
        threading.Event().wait(0.05)
    raise AssertionError


def is_gone(number: int) -> bool:
    """Whether a process has ended, though nobody may have waited for it."""
    try:
        os.kill(number, 0)
        state = Path(f"/proc/{number}/stat")
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True


def test_the_units_are_what_the_engine_calls() -> None:
    """Else a first request would compile them again."""
    assert [[unit.function.__name__ for unit in stage] for stage in STAGES] == [
        ["quantise_together", "multiply_together"],
        ["run_step"],
    ]
