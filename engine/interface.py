"""The interface between completion and engine: asynchronous, cancellable, and the same for every engine.

Completion knows engines only by these two protocols. The engine in this process and the fake one of the tests
implement them; a shared daemon or a remote server can.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from holesmith.engine.request import Generation, Request, Token
from holesmith.engine.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The loaded model and its device, shown in the status and in every completion's report.

    ``problem`` is one line that says why the model is slower than it should be; None if it is not.
    """

    name: str
    architecture: str
    device: str
    weights: str
    context_tokens_max: int
    problem: str | None = None


class Stream(Protocol):
    """The tokens of one request, as they are decoded."""

    def __aiter__(self) -> AsyncIterator[Token]: ...

    def cancel(self) -> None:
        """Stop within one decode step; the result then says "cancelled". May be called at any time.

        A request that has not begun ends at once and leaves the queue.
        """
        ...

    async def result(self) -> Generation:
        """Return the whole generation, once it has ended. Raises EngineError if decoding failed."""
        ...


class Engine(Protocol):
    """One loaded model. Requests run one after another, on a thread of the engine's own."""

    @property
    def description(self) -> ModelDescription: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def start(self, request: Request) -> Stream:
        """Queue a request; returns at once. Must be called on the event loop that reads the stream."""
        ...

    async def close(self) -> None:
        """Cancel the running request, stop the thread and free the memory."""
        ...
