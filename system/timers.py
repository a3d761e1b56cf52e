"""Timers that interrupt the main thread, or end the process, while it computes.

POSIX has interval timers. Windows has none: there a thread raises the exception in the main thread, and the
watchdog of ``faulthandler``, which works without the interpreter, ends the process.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

HAS_INTERVAL_TIMERS = hasattr(signal, "setitimer")
# The watchdog counts wall time instead of processor time, so on a busy machine it needs a longer limit.
WALL_FACTOR = 10.0


@contextmanager
def interrupting(
    after_s: float,
    retry_s: float,
    exception: type[BaseException],
    may_interrupt: Callable[[FrameType | None], bool],
) -> Generator[None]:
    """Raise ``exception`` in the body if it still runs after ``after_s`` seconds.

    ``may_interrupt`` gets the running frame. If it returns False, or if the body goes on after the exception,
    the timer tries again after ``retry_s`` seconds. Only for the main thread; must not be nested.
    """
    make = _by_signal if HAS_INTERVAL_TIMERS else _by_thread
    with make(after_s, retry_s, exception, may_interrupt):
        yield


@contextmanager
def _by_signal(
    after_s: float,
    retry_s: float,
    exception: type[BaseException],
    may_interrupt: Callable[[FrameType | None], bool],
) -> Generator[None]:
    is_running = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        if is_running and may_interrupt(frame):
            raise exception

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after_s, retry_s)
    try:
        yield
    finally:
        is_running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _by_thread(
    after_s: float,
    retry_s: float,
    exception: type[BaseException],
    may_interrupt: Callable[[FrameType | None], bool],
) -> Generator[None]:
    main = threading.get_ident()
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, ended = threading.Lock(), threading.Event()

    def wait() -> None:
        pause = after_s
        while not ended.wait(pause):
            pause = retry_s
            with lock:
                frame = sys._current_frames().get(main)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
                if not ended.is_set() and not _is_here(frame) and may_interrupt(frame):
                    raise_in(ctypes.c_ulong(main), ctypes.py_object(exception))

    def stop() -> None:
        with lock:
            ended.set()
            raise_in(ctypes.c_ulong(main), None)  # cancel an exception that was sent but not raised yet

    try:
        threading.Thread(target=wait, name="deadline", daemon=True).start()
        yield
    finally:
        try:
            stop()
        except exception:  # it was sent before this line; none is sent in here
            stop()


def _is_here(frame: FrameType | None) -> bool:
    """True if the thread is just stopping its timer, and so must not be interrupted."""
    while frame is not None:
        if frame.f_code.co_filename in (__file__, contextlib.__file__):
            return True
        frame = frame.f_back
    return False


@contextmanager
def ending_process(cpu_s: float) -> Generator[None]:
    """Let the system end this process if the body computes for ``cpu_s`` seconds, even in a C library."""
    if HAS_INTERVAL_TIMERS:
        # Python handles signals only after the library returns. SIGPROF ends the process without Python.
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
        return
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(cpu_s * WALL_FACTOR, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
