"""Looking ahead: while a completion is shown, working out what comes after it, so that it is there at once.

Invariants: one run at most, begun only after a pause in which nothing was asked; it gives way to every
request that needs the engine, unless that request asks for just what is being worked out; what it yields is
never shown before it is asked for, and is not looked ahead from.
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

# Longer than the gap between two keys of most typists, shorter than it takes to read a suggestion.
IDLE_SECONDS = 0.2
LEVEL = "    "


class Prefetch:
    """The one run ahead. Belongs to one event loop."""

    def __init__(self) -> None:
        self._target: Snapshot | None = None
        self._task: asyncio.Task[None] | None = None
        self.run: InFlight | None = None

    def begin(self, target: Snapshot, start: Callable[[], InFlight]) -> None:
        """Work ``target`` out after a pause, in place of anything else."""
        if self._task is not None and not self._task.done() and self._target == target:
            return
        self.stop()
        self._target = target
        self._task = asyncio.ensure_future(self._look(start))

    def stop(self) -> None:
        """At once, unless a request has joined what is being worked out."""
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
            return  # whoever asks for it will be told
        finally:
            self.run = None


def after_taking(snapshot: Snapshot, completion: Completion) -> Snapshot | None:
    """The document as it is likely to be when the next completion is asked for.

    A completion of several lines has been taken; after one of a single line Enter has been pressed as well,
    because right behind it nothing is suggested. None if the line goes on behind it with more than closing
    marks: the user will go somewhere else.
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
    """What an editor inserts for Enter: a line break and the next line's indentation."""
    line = before[before.rfind("\n") + 1 :]
    opens_block = line.rstrip().endswith(BLOCK_OPENERS)
    deeper = (level_at(level, before, behind) or LEVEL) if opens_block else ""
    is_windows = "\r\n" in before[-CHARACTERS_READ:] + behind[:CHARACTERS_READ]
    return ("\r\n" if is_windows else "\n") + leading(line) + deeper
