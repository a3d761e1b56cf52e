"""Whether something waits in a pipe, as POSIX tells it and, with stand-ins for its functions, Windows."""

import ctypes
import os
import select
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from holesmith.system import pipes
from holesmith.system.pipes import has_input


def peek(handle: Any, _buffer: None, _size: int, _read: None, count: Any, _left: None) -> int:
    """``PeekNamedPipe``: how many bytes there are; an error at the end of the stream."""
    poll = select.poll()
    poll.register(handle.value, select.POLLIN)
    events = dict(poll.poll(0)).get(handle.value, 0)
    count._obj.value = 1 if events & select.POLLIN else 0
    return 0 if events & select.POLLHUP and not events & select.POLLIN else 1


@pytest.fixture(params=["posix", "windows"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "windows":
        msvcrt = ModuleType("msvcrt")
        msvcrt.__dict__["get_osfhandle"] = lambda descriptor: descriptor  # pyright: ignore[reportUnknownLambdaType]
        monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
        modules = {"msvcrt": msvcrt}
        monkeypatch.setattr(pipes, "optional_module", modules.get)
        kernel = SimpleNamespace(PeekNamedPipe=peek)
        monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)


def test_nothing_comes() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb", 0) as pipe, os.fdopen(sink, "wb", 0):
        assert not has_input(pipe, 0.05)


def test_what_is_there_is_seen_at_once_and_stays() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb", 0) as pipe, os.fdopen(sink, "wb", 0) as other:
        other.write(b"x")
        assert has_input(pipe, 0)
        assert pipe.read(1) == b"x"


def test_what_comes_later_is_waited_for() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb", 0) as pipe, os.fdopen(sink, "wb", 0) as other:
        threading.Timer(0.05, other.write, (b"x",)).start()
        assert has_input(pipe, 30)


def test_the_end_of_the_stream_counts() -> None:
    source, sink = os.pipe()
    os.close(sink)
    with os.fdopen(source, "rb", 0) as pipe:
        assert has_input(pipe, 30)
