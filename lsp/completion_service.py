"""What the server needs of a completion service: `holesmith.completion.service.Service`, or a test's fake."""

from collections.abc import Callable, Iterable
from typing import Protocol

from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status


class CompletionService(Protocol):
    """Answers whatever state it is in; its failures are in its status."""

    @property
    def status(self) -> Status: ...

    async def load(self) -> None: ...

    async def configure(self, options: Options) -> None: ...

    async def complete(self, snapshot: Snapshot) -> Answer: ...

    async def open(self, snapshot: Snapshot) -> None: ...

    def edited(self, take_snapshot: Callable[[], Snapshot | None]) -> None: ...

    def files_changed(self, paths: Iterable[str]) -> None: ...

    async def close(self) -> None: ...


# Makes the service, not yet loaded; it calls the function on the event loop whenever its status has changed.
StartService = Callable[[Options, Callable[[Status], None]], CompletionService]
