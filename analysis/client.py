"""The client of the analysis worker: every question has a deadline, and asking never raises.

All of it runs on an event loop.

The worker gets one question at a time. A worker that hangs, dies or grows too large is killed and replaced;
the question then gets a reply without an answer, in time. A question that nobody waits for any more is
dropped before it is sent.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, cast

from holesmith.analysis.answers import PythonEnvironment
from holesmith.analysis.crash_record import CrashRecord
from holesmith.analysis.options import Options
from holesmith.analysis.questions import ANSWER_OF, A, EnvironmentQuestion, Question
from holesmith.analysis.wire import LENGTH, MESSAGE_BYTES_MAX, from_json, pack, to_json
from holesmith.system.own_process import FOLDER, command_of, environment

# With so many questions in the queue, another one is refused.
QUEUE_MAX = 16
# Seconds after a question's deadline until the worker counts as hung.
HANG_S = 3.0
# The same for a new worker, which has to import its modules and load the project first.
START_S = 20.0
# Deadline of the first question, which starts the worker.
WARM_UP_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class Reply(Generic[A]):
    """The reply to a question. If ``answer`` is None, ``reason`` says why in a few words."""

    answer: A | None
    reason: str
    elapsed_ms: float


class Analyst(Protocol):
    """Static analysis in a process of its own."""

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        """Return the answer, or no answer and a reason after the deadline at the latest. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The state of the worker, for the server's status and ``doctor``.

    ``restarts`` counts the workers that were replaced.
    """

    is_running: bool
    process_id: int | None
    restarts: int
    memory_bytes: int
    last_failure: str


@dataclass(slots=True, eq=False)
class _Job:
    message: bytes
    deadline: float
    kind: type
    document: str | None
    future: "asyncio.Future[Reply[Any]]"


@dataclass(slots=True)
class _Process:
    process: asyncio.subprocess.Process
    is_warm: bool = False


@dataclass(slots=True)
class AnalysisClient:
    """The analysis of one project.

    All methods belong to one event loop, and ``close`` must be called on that loop. A worker that has not
    answered ``hang_s`` seconds after a question's deadline is killed.
    """

    options: Options
    memory_bytes_max: int = 1536 * 1024**2
    hang_s: float = HANG_S
    _worker: _Process | None = None
    _jobs: deque[_Job] = field(default_factory=deque["_Job"])
    _has_job: asyncio.Event = field(default_factory=asyncio.Event)
    _pump: "asyncio.Task[None] | None" = None
    _crashes: CrashRecord = field(default_factory=CrashRecord)
    _restarts: int = 0
    _memory_bytes: int = 0
    _last_failure: str = ""
    _is_closed: bool = False

    @property
    def status(self) -> WorkerStatus:
        worker_id = None if self._worker is None else self._worker.process.pid
        return WorkerStatus(
            self._worker is not None, worker_id, self._restarts, self._memory_bytes, self._last_failure
        )

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        """Return the answer, or no answer after ``deadline_ms`` at the latest.

        Cancelling is safe and cheap.
        """
        started = time.monotonic()
        if len(self._jobs) >= QUEUE_MAX:
            return Reply(None, "too many questions", 0.0)
        data = await asyncio.to_thread(_message, question, deadline_ms) if _is_long(question) else None
        message = data if data is not None else _message(question, deadline_ms)
        if self._is_closed:
            return Reply(None, "closed", 0.0)
        if len(message) > MESSAGE_BYTES_MAX:
            return Reply(None, "the document is too long", 0.0)
        deadline = started + deadline_ms / 1000
        future: asyncio.Future[Reply[Any]] = asyncio.get_running_loop().create_future()
        job = _Job(message, deadline, ANSWER_OF[type(question)], _document_of(question), future)
        self._jobs.append(job)
        self._start_pump()
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                return cast("Reply[A]", await future)
        except TimeoutError:
            return Reply(None, "late", (time.monotonic() - started) * 1000)
        finally:
            if job in self._jobs:  # the ValueError of a failed remove would print the document
                self._jobs.remove(job)

    async def warm_up(self) -> Reply[PythonEnvironment]:
        """Start the worker and let it load what would otherwise delay the first question."""
        return await self.ask(EnvironmentQuestion(), WARM_UP_MS)

    async def close(self) -> None:
        """End the worker for good. Waiting questions, and any later ones, get a reply without an answer."""
        self._is_closed = True
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
        await self._kill()
        while self._jobs:
            _settle(self._jobs.popleft(), Reply(None, "closed", 0.0))

    def _start_pump(self) -> None:
        self._has_job.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self._has_job.wait()
            if not self._jobs:
                self._has_job.clear()
                continue
            job = self._jobs.popleft()
            if not job.future.done() and job.deadline > time.monotonic():
                _settle(job, await self._exchange(job))

    async def _exchange(self, job: _Job) -> Reply[Any]:
        started = time.monotonic()
        try:
            if self._crashes.is_off(job.document):
                return Reply(None, f"analysis is off for a while: {self._last_failure}", 0.0)
            worker = await self._running_worker()
            grace_s = self.hang_s if worker.is_warm else START_S
            async with asyncio.timeout(max(job.deadline - started, 0.0) + grace_s):
                response = await _converse(worker.process, job.message)
            worker.is_warm = True
            return await self._read_response(response, job)
        except TimeoutError:
            await self._replace("a question hung", job)
        except (OSError, EOFError, asyncio.IncompleteReadError, ValueError) as error:
            await self._replace(f"the worker died ({type(error).__name__})", job)
        return Reply(None, self._last_failure, (time.monotonic() - started) * 1000)

    async def _read_response(self, response: list[Any], job: _Job) -> Reply[Any]:
        data, reason, elapsed_ms, self._memory_bytes = response
        answer = None if data is None else from_json(data, job.kind)
        if self._memory_bytes > self.memory_bytes_max:
            await self._replace("the worker grew too large", job)
        return Reply(answer, reason, elapsed_ms)

    async def _running_worker(self) -> _Process:
        if self._worker is None:
            process = await asyncio.create_subprocess_exec(
                *command_of("holesmith.analysis.worker.main"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=FOLDER,
                env=environment(),
            )
            self._worker = _Process(process)
            assert process.stdin is not None
            process.stdin.write(pack(to_json(self.options)))
        return self._worker

    async def _replace(self, failure: str, job: _Job) -> None:
        """End a worker that has failed. The next question starts another."""
        self._crashes.note(job.document, had_answered=self._worker is not None and self._worker.is_warm)
        self._restarts += 1
        self._last_failure = failure
        await self._kill()

    async def _kill(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        await worker.process.wait()


def _document_of(question: Question[Any]) -> str | None:
    source = getattr(question, "source", None)
    return None if source is None else source.path


def _is_long(question: Question[Any]) -> bool:
    source = getattr(question, "source", None)
    return source is not None and len(source.text) > 200_000


def _message(question: Question[Any], deadline_ms: float) -> bytes:
    return pack([type(question).__name__, to_json(question), deadline_ms])


async def _converse(process: asyncio.subprocess.Process, message: bytes) -> list[Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(message)
    await process.stdin.drain()
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    if length > MESSAGE_BYTES_MAX:
        raise ValueError("a message of the worker is too long")
    response = json.loads(await process.stdout.readexactly(length))
    if not isinstance(response, list) or len(response) != 4:
        raise ValueError("not a response")
    return response


def _settle(job: _Job, reply: Reply[Any]) -> None:
    if not job.future.done():
        job.future.set_result(reply)
