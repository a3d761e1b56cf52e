"""The interface of the completion service: `holesmith.completion.service.Service`, or a fake in a test."""

from collections.abc import Callable, Iterable
from typing import Protocol

from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status


class CompletionService(Protocol):
    """A service that answers every request, in whatever state it is; its ``status`` tells its failures."""

    @property
    def status(self) -> Status: ...

    async def load(self) -> None: ...

    async def wait_for_load(self) -> None: ...

    async def configure(self, options: Options) -> None: ...

    async def complete(self, snapshot: Snapshot) -> Answer: ...

    async def open(self, snapshot: Snapshot) -> None: ...

    def edited(self, take_snapshot: Callable[[], Snapshot | None]) -> None: ...

    def files_changed(self, paths: Iterable[str]) -> None: ...

    async def close(self) -> None: ...


# Makes a service without loading its model. The service calls the function whenever its status has changed,
# on the event loop.
StartService = Callable[[Options, Callable[[Status], None]], CompletionService]
