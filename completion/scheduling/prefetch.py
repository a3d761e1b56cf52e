"""Prefetch: compute the completion after the one that is shown, so that it is there at once.

Invariants: there is one run at most, begun only after a pause without requests; it gives way to every request
that needs the engine, unless that request asks for just the completion being prefetched; its result is never
shown before it is asked for, and no further prefetch starts from it.
"""

import asyncio
from collections.abc import Callable

from holesmith.completion.answer import Completion
from holesmith.completion.postprocess.indentation import (
    BLOCK_OPENERS,
    CHARACTERS_READ,
    leading,
    level_at,
)
from holesmith.completion.postprocess.shaping import TRAILING, rest_of_line
from holesmith.completion.scheduling.in_flight import InFlight
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.errors import EngineError

# Seconds: longer than the gap between two keys of most typists, shorter than reading a suggestion takes.
IDLE_SECONDS = 0.2
# The indentation of a new block if neither the document nor the editor has one.
LEVEL = "    "


class Prefetch:
    """The one prefetch run of a service. Belongs to one event loop."""

    def __init__(self) -> None:
        self._target: Snapshot | None = None
        self._task: asyncio.Task[None] | None = None
        self.run: InFlight | None = None

    def begin(self, target: Snapshot, start: Callable[[], InFlight]) -> None:
        """Compute the completion for ``target`` after a pause, in place of any other prefetch."""
        if self._task is not None and not self._task.done() and self._target == target:
            return
        self.stop()
        self._target = target
        self._task = asyncio.ensure_future(self._look(start))

    def stop(self) -> None:
        """Stop at once, unless a request has joined the run."""
        if self._task is not None:
            self._task.cancel()
        if self.run is not None:
            self.run.stop_if_alone()
        self._task = self.run = self._target = None

    async def _look(self, start: Callable[[], InFlight]) -> None:
        await asyncio.sleep(IDLE_SECONDS)
        self.run = start()
        try:
            await self.run.answer()
        except EngineError:
            return  # the next request will report the failure
        finally:
            self.run = None


def after_taking(snapshot: Snapshot, completion: Completion) -> Snapshot | None:
    """Return the document in its likely state at the next request; None if the user will go somewhere else.

    A completion of several lines has been taken; after one of a single line Enter has been pressed as well,
    because nothing is suggested directly behind it. None if the line goes on behind the completion with more
    than closing marks.
    """
    before = snapshot.text[: completion.start] + completion.text
    behind = snapshot.text[completion.stop :]
    if "\n" not in completion.text:
        rest = rest_of_line(behind)
        if not TRAILING.issuperset(rest.rstrip()):
            return None
        before, behind = before + rest, behind[len(rest) :]
        before += entered(before, behind, snapshot.indentation)
    return Snapshot(
        path=snapshot.path,
        language=snapshot.language,
        text=before + behind,
        offset=len(before),
        workspace=snapshot.workspace,
        indentation=snapshot.indentation,
        address=snapshot.address,
    )


def entered(before: str, behind: str, level: str | None) -> str:
    """Return the text that an editor inserts for Enter: a line break and the next line's indentation."""
    line = before[before.rfind("\n") + 1 :]
    opens_block = line.rstrip().endswith(BLOCK_OPENERS)
    deeper = (level_at(level, before, behind) or LEVEL) if opens_block else ""
    is_windows = "\r\n" in before[-CHARACTERS_READ:] + behind[:CHARACTERS_READ]
    return ("\r\n" if is_windows else "\n") + leading(line) + deeper
