"""A text made to do harm costs a bound of time, holds up nobody else, and nothing is left of it."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from holesmith.analysis.outline.symbols import FileSymbols, mentions_of, symbols_of
from holesmith.analysis.outline.syntax_process import SHORT_CHARACTERS, SyntaxProcess

HOSTILE = {
    ("csharp", "brackets that nothing closes"): "template<" * 13_000,
    ("csharp", "an index in an index"): "x[" * 60_000,
    ("cpp", "assignments of assignments"): ("a=" * 50 + ";\n") * 1_200,
    ("typescript", "type arguments in type arguments"): ("a<" * 12 + ";\n") * 4_800,
    ("python", "brackets"): "(" * 120_000,
    ("javascript", "one line of five megabytes"): "a+" * 2_500_000,
    ("go", "quotation marks"): '"' * 400_000,
}
PLAIN = "def own(): pass\n" * 1_000


@pytest.fixture
def syntax() -> Iterator[SyntaxProcess]:
    syntax = SyntaxProcess()
    assert syntax.symbols_of("python", PLAIN).symbols
    yield syntax
    syntax.close()


@pytest.mark.parametrize("kind", HOSTILE, ids=[" ".join(kind) for kind in HOSTILE])
def test_hostile_text_does_not_hold_the_interpreter(syntax: SyntaxProcess, kind: tuple[str, str]) -> None:
    """A thread that only counts gets on all the while; the text is done with in bounded time."""
    answers: list[FileSymbols] = []
    reader = threading.Thread(
        target=lambda: answers.append(syntax.symbols_of(kind[0], HOSTILE[kind])), daemon=True
    )
    started = time.process_time()
    reader.start()
    reader.join(20.0)
    assert not reader.is_alive()
    # The other process's time does not count; what this one used, it used with the interpreter's lock.
    assert time.process_time() - started < 0.5
    assert answers[0] == FileSymbols((), ()) or len(answers[0].symbols) < 10_000
    assert syntax.symbols_of("python", PLAIN).symbols


def test_what_took_too_long_is_not_tried_again_at_once() -> None:
    syntax = SyntaxProcess(answer_s=0.3)
    syntax.symbols_of("python", PLAIN)
    text = HOSTILE["csharp", "brackets that nothing closes"]
    syntax.symbols_of("csharp", text)
    started = time.monotonic()
    syntax.symbols_of("csharp", text[:500] + "x" + text[500:])
    assert time.monotonic() - started < 0.2
    syntax.close()


def test_answers_are_those_of_the_same_process(syntax: SyntaxProcess) -> None:
    text = (
        "import a.b\n\nclass Own(Base):\n    '''Words.'''\n    def f(self, x: int) -> '😀\ud800': ...\n" * 100
    )
    assert len(text) > SHORT_CHARACTERS
    assert syntax.symbols_of("python", text) == symbols_of("python", text)
    assert syntax.mentions_of("python", text) == mentions_of("python", text)
    assert syntax.symbols_of("plaintext", text) == FileSymbols((), ())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP] if os.name == "posix" else [])
def test_a_process_that_was_killed_or_stopped_is_replaced(syntax: SyntaxProcess, number: int) -> None:
    assert syntax.process is not None
    os.kill(syntax.process.pid, number)
    syntax.symbols_of("python", PLAIN)
    assert syntax.symbols_of("python", "\n" + PLAIN).symbols


def test_many_threads_get_their_own_answers(syntax: SyntaxProcess) -> None:
    counts: dict[int, int] = {}

    def read(number: int) -> None:
        counts[number] = len(syntax.symbols_of("python", "def own(): pass\n" * (1_000 + number)).symbols)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {number: 1_000 + number for number in range(8)}


@pytest.mark.skipif(sys.platform != "linux", reason="a descriptor of a process is Linux only")
def test_the_process_ends_with_the_one_that_started_it() -> None:
    program = Path(__file__).with_name("syntax_user.py")
    with subprocess.Popen([sys.executable, "-I", str(program)], stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        ended = os.pidfd_open(int(user.stdout.readline()))
        user.kill()
    assert select.select([ended], [], [], 20.0)[0]
    os.close(ended)
