"""A decode loop that checks the files of its model before each request.

A mapped file shows whatever is written over it, and reading a part that was cut off ends the process. A file
that was deleted or replaced under its name still exists for a process that has it open, so that is no fault.
"""

from collections.abc import Callable, Sequence

from holesmith.engine.files.open_file import OpenFile
from holesmith.engine.local import Loop
from holesmith.engine.request import Generation, Request, Token


class WatchfulLoop:
    """Implements `local.Loop`."""

    def __init__(self, loop: Loop, files: Sequence[OpenFile]) -> None:
        self._loop = loop
        self._files = files

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        """Run the loop. Raises WeightsError if a file has changed since it was opened."""
        for file in self._files:
            file.check_unchanged()
        return self._loop.run(request, emit, cancelled)

    def abandon(self) -> None:
        """See `local.Loop`."""
        self._loop.abandon()
