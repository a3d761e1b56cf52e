"""The engine in this process: a thread that runs requests one after another, and streams on the event loop.

Invariants: only the thread touches the model; all its messages go to the event loop by
``call_soon_threadsafe``; an error while decoding fails that one request and the thread goes on.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol, TypeVar

from holesmith.engine.errors import EngineError
from holesmith.engine.interface import ModelDescription
from holesmith.engine.request import Generation, Request, Token
from holesmith.engine.request_queue import RequestQueue
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.kernels.workers import no_op

QUEUE_MAX = 16
"""More live requests than these in the queue are refused. Cancelled requests do not count."""

_Said = TypeVar("_Said")


class Loop(Protocol):
    """The decode loop that the thread runs: `decode_loop.DecodeLoop` over some model."""

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation: ...

    def abandon(self) -> None: ...


class _Running:
    """The stream that the thread works on.

    Between streams this object keeps no reference to the decode loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: LocalStream | None = None
        self._abandon: Callable[[], None] | None = None

    @contextlib.contextmanager
    def during(self, stream: "LocalStream", abandon: Callable[[], None]) -> Generator[None]:
        with self._lock:
            self._stream, self._abandon = stream, abandon
        try:
            yield
        finally:
            with self._lock:
                self._stream = self._abandon = None

    def interrupt(self, stream: "LocalStream | None" = None) -> None:
        """Stop decoding at once, if it is for this stream; None for any.

        The stream's flag must be set before.
        """
        with self._lock:
            if self._abandon is not None and stream in (None, self._stream):
                self._abandon()


class LocalStream:
    """The tokens of one request. The stream lives on the event loop that started it."""

    def __init__(self, request: Request, waiting: "RequestQueue[LocalStream]", running: _Running) -> None:
        self.request = request
        self._waiting = waiting
        self._running = running
        self._queued_at = perf_counter()
        self.cancelled = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._tokens: asyncio.Queue[Token | None] = asyncio.Queue()
        self._result: asyncio.Future[Generation] = self._loop.create_future()
        self._result.add_done_callback(_mark_retrieved)

    async def __aiter__(self) -> AsyncIterator[Token]:
        """Yield the tokens as they come.

        Ends with the generation, also after a failure, which `result` raises.
        """
        while (token := await self._tokens.get()) is not None:
            yield token
        self._tokens.put_nowait(None)

    def cancel(self) -> None:
        """See `interface.Stream`. A request that has not begun ends here, and leaves the queue."""
        if self.cancelled.is_set():
            return
        self.cancelled.set()
        if self._waiting.remove(self):
            timings_ms = {"queue": self.queued_ms(), "prefill": 0.0, "decode": 0.0}
            self.settle(Generation((), "cancelled", 0, timings_ms))
        else:
            self._running.interrupt(self)

    async def result(self) -> Generation:
        """See `interface.Stream`."""
        return await asyncio.shield(self._result)

    def queued_ms(self) -> float:
        """Return the milliseconds since the request was made."""
        return 1e3 * (perf_counter() - self._queued_at)

    def emit(self, token: Token) -> None:
        """Hand a token to the event loop. Called by the engine's thread."""
        self._call(self._tokens.put_nowait, token)

    def finish(self, outcome: Generation | EngineError) -> None:
        """Hand the outcome to the event loop.

        Called once, by the engine's thread, for a request taken from the queue.
        """
        self._call(self.settle, outcome)

    def settle(self, outcome: Generation | EngineError) -> None:
        """Set the outcome. Called once, on the event loop."""
        if isinstance(outcome, EngineError):
            self._result.set_exception(outcome)
        else:
            self._result.set_result(outcome)
        self._tokens.put_nowait(None)

    def _call(self, function: Callable[[_Said], None], said: _Said) -> None:
        try:
            self._loop.call_soon_threadsafe(function, said)
        except RuntimeError:  # the event loop is closed: no reader is left
            self.cancelled.set()


def _mark_retrieved(result: "asyncio.Future[Generation]") -> None:
    """Mark an error as retrieved, so that asyncio does not log it: nobody may read the request's result."""
    if not result.cancelled():
        result.exception()


def no_problem() -> str | None:
    """There is none."""
    return None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model: the loop over it, its vocabulary and its description."""

    loop: Loop
    vocabulary: Vocabulary
    description: ModelDescription
    problem: Callable[[], str | None] = no_problem
    """Returns why the model is slower than it should be, in one line; None if it is not."""
    close: Callable[[], None] = no_op
    """Ends the work that was begun beside the loop."""


class LocalEngine:
    """Implements `interface.Engine` for a model in this process."""

    def __init__(self, loaded: Loaded) -> None:
        self._description = loaded.description
        self._problem, self._close = loaded.problem, loaded.close
        self._vocabulary = loaded.vocabulary
        self._waiting: RequestQueue[LocalStream] = RequestQueue(QUEUE_MAX)
        self._closing = threading.Event()
        self._running = _Running()
        self._thread = threading.Thread(
            target=_serve,
            args=(loaded.loop, self._waiting, self._closing, self._running),
            name="holesmith-engine",
            daemon=True,
        )
        self._thread.start()

    @property
    def description(self) -> ModelDescription:
        """See `interface.Engine`."""
        return replace(self._description, problem=self._problem())

    @property
    def vocabulary(self) -> Vocabulary:
        """See `interface.Engine`."""
        return self._vocabulary

    def start(self, request: Request) -> LocalStream:
        """See `interface.Engine`.

        For a full queue or a closed engine, the stream's result raises an error.
        """
        stream = LocalStream(request, self._waiting, self._running)
        if self._closing.is_set():
            stream.settle(EngineError("the engine is closed"))
        elif not self._waiting.put(stream):
            stream.settle(EngineError(f"the engine is busy: {QUEUE_MAX} requests are waiting"))
        return stream

    async def close(self) -> None:
        """See `interface.Engine`. May be called more than once."""
        self._closing.set()
        self._running.interrupt()
        self._waiting.close()
        await asyncio.to_thread(self._close)
        await asyncio.to_thread(self._thread.join)


def _serve(
    loop: Loop, waiting: RequestQueue[LocalStream], closing: threading.Event, running: _Running
) -> None:
    """Run requests until the queue is closed.

    The thread owns the last reference to the model, so the memory is freed when it ends.
    """
    while (stream := waiting.get()) is not None:
        with running.during(stream, loop.abandon):
            outcome = _run(loop, stream, closing)
        stream.finish(outcome)
    for left in waiting.drain():
        left.finish(EngineError("the engine is closed"))


def _run(loop: Loop, stream: LocalStream, closing: threading.Event) -> Generation | EngineError:
    queued_ms = stream.queued_ms()
    try:
        generation = loop.run(
            stream.request, stream.emit, lambda: stream.cancelled.is_set() or closing.is_set()
        )
    except EngineError as error:
        return error
    except Exception as error:  # noqa: BLE001  # a worker's boundary: one request fails, the engine lives
        return EngineError(f"decoding failed: {type(error).__name__}: {error}")
    return replace(generation, timings_ms={"queue": queued_ms, **generation.timings_ms})
