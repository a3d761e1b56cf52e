"""Symbols, mentions and errors of any text within a time limit, because a server must not stand still.

The same holds for the question whether a document parses with a suggestion in it.

A short text is read in this process; that costs less than a message. A longer one goes to a process of its
own, which is killed when it takes too long: the text then has no symbols, and a similar text is not tried
again for a while. All of it may be called from any thread.
"""

import queue
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from holesmith.analysis.outline.insertion import Soundness, soundness_of
from holesmith.analysis.outline.symbols import FileSymbols, Mentions, mentions_of, symbols_of
from holesmith.analysis.outline.syntax_errors import SyntaxErrors, syntax_errors_of
from holesmith.analysis.wire import from_json, pack, read_message
from holesmith.system.own_process import FOLDER, command_of, environment

T = TypeVar("T", FileSymbols, Mentions, SyntaxErrors, Soundness)

SHORT_CHARACTERS = 400
LONG_CHARACTERS = 1_000_000
"""Longer texts have no symbols."""
# Seconds for an answer of a running process.
ANSWER_S = 0.5
START_S = 5.0
"""Seconds for the first answer of a process, which has to import its modules."""
# Seconds for which a text like one that took too long is not tried again; REFUSALS_MAX such texts are kept,
# each under its first and last KEY_CHARACTERS.
REFUSAL_S = 30.0
REFUSALS_MAX = 64
KEY_CHARACTERS = 200

_Key = tuple[str, str, str]


class SyntaxProcess:
    """A client of the syntax process, which the first longer text starts.

    One thread talks to the process. The thread ends when this object is closed.
    """

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._jobs: queue.SimpleQueue[tuple[bytes, Future[Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_new = True
        self._refused: OrderedDict[_Key, float] = OrderedDict()

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        """The running process; None before the first longer text."""
        return self._process

    def symbols_of(self, language: str, text: str) -> FileSymbols:
        """Do the same as ``symbols.symbols_of``; no symbols for a text that takes too long."""
        return self._ask("symbols", symbols_of, FileSymbols((), ()), language, text)

    def mentions_of(self, language: str, text: str) -> Mentions:
        """Do the same as ``symbols.mentions_of``; no mentions for a text that takes too long."""
        return self._ask("mentions", mentions_of, Mentions((), (), ()), language, text)

    def errors_of(self, language: str, text: str) -> SyntaxErrors:
        """Do the same as ``syntax_errors.syntax_errors_of``; a count of None if a text takes too long."""
        return self._ask("errors", syntax_errors_of, SyntaxErrors(None), language, text)

    def soundness_of(
        self, language: str, before: str, text: str, after: str, replaced: str = "", finish: str = ""
    ) -> Soundness:
        """Do the same as ``insertion.soundness_of``; no objection to a text that takes too long."""
        none = Soundness(len(text), "")
        return self._ask("soundness", soundness_of, none, language, before, text, after, replaced, finish)

    def close(self) -> None:
        """End the process. The next text starts another."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _ask(self, kind: str, read: Callable[..., T], none: T, language: str, *texts: str) -> T:
        text = "".join(texts)
        if len(text) <= SHORT_CHARACTERS:
            return read(language, *texts)
        key = language, text[:KEY_CHARACTERS], text[-KEY_CHARACTERS:]
        if len(text) > LONG_CHARACTERS or self._refused.get(key, 0.0) > time.monotonic():
            return none
        future: Future[Any] = Future()
        with self._lock:
            self._jobs.put((pack([kind, language, *texts]), future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="syntax", daemon=True)
                self._thread.start()
        answer = future.result()
        if answer is None:
            self._refuse(key)
            return none
        return from_json(answer, type(none))

    def _refuse(self, key: _Key) -> None:
        with self._lock:
            self._refused[key] = time.monotonic() + REFUSAL_S
            if len(self._refused) > REFUSALS_MAX:
                self._refused.popitem(last=False)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            message, future = job
            try:
                future.set_result(self._exchange(message))
            except (OSError, EOFError, ValueError):
                self._end()
                future.set_result(None)
        self._end()

    def _exchange(self, message: bytes) -> Any:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        # Killing the process ends reading and writing on every system, even if the process is stopped.
        alarm = threading.Timer(START_S if self._is_new else self._answer_s, process.kill)
        alarm.start()
        try:
            process.stdin.write(message)
            process.stdin.flush()
            answer = read_message(process.stdout)
        finally:
            alarm.cancel()
        if answer is None:
            raise EOFError
        self._is_new = False
        return answer

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._is_new = True
            self._process = subprocess.Popen(
                command_of("holesmith.analysis.outline.syntax_worker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=FOLDER,
                env=environment(),
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


SYNTAX = SyntaxProcess()
"""The one client of this process, for all documents."""
