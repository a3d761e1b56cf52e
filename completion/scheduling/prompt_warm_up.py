"""Reading ahead: the prompt for where the cursor is, so that the next request need not read it.

A request anchors its prompt at the cursor's line (context/prompt); until the part above that line has been
read, reading takes most of an answer's time. So it is read while nobody waits for an answer:

- At the first edit or request in a new place, at once. Edits on the same line let the reading go on, and so
  do requests there, which need the same.
- In a pause after that, with the context chosen anew, where nothing was asked or nothing is shown.

Invariants: one reading at most; it gives way to every request (prompt_reader.py); nothing of it is shown; a
line that has been read is not read again; after some readings that no request followed there are no more
until one comes.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.scheduling.analysis_warm_up import warm_up_analysis
from holesmith.completion.scheduling.prompt_reader import PromptReader
from holesmith.completion.snapshot import Snapshot

# A burst of edits, by a tool or by a key held down, is not followed; typing at full speed is.
SETTLE_SECONDS = 0.03
# Longer than editors wait before they ask (Neovim: 0.2 s), and than most gaps between keys.
IDLE_SECONDS = 0.4
UNUSED_MAX = 8
# Of analysis, in a pause.
SLICES_MAX = 4
# Fewer than the engine's prefix cache has room for.
LINES_MAX = 8

SnapshotFactory = Callable[[], Snapshot | None]
# Has the engine read the prompt for a snapshot, its context chosen anew or not; says whether it could.
Read = Callable[[Snapshot, bool], Awaitable[bool]]


class PromptWarmUp:
    """The one reading. Belongs to one event loop."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._watch: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._line: int | None = None
        self._take_snapshot: SnapshotFactory | None = None
        self._warm: deque[int] = deque(maxlen=LINES_MAX)
        self._settled: deque[int] = deque(maxlen=LINES_MAX)
        self._unused = 0

    def begin(self, take_snapshot: SnapshotFactory, *, again: bool = False) -> None:
        """Get ready for the place that ``take_snapshot`` gives: at once if it is new, and again in a pause.

        ``again``: in the pause also where the line has been read before; its context may be better by then.
        """
        self.hold()
        self._take_snapshot = take_snapshot
        if self._unused < UNUSED_MAX:
            self._watch = asyncio.ensure_future(self._follow(take_snapshot, again))

    def hold(self) -> None:
        """Wait for no pause any more; a reading goes on."""
        if self._watch is not None:
            self._watch.cancel()
        self._watch = None

    def interrupt(self) -> None:
        """Stop at once, and keep the place, for another engine."""
        self.hold()
        self._stop_reading()

    def stop(self) -> None:
        """Stop at once, and forget the place."""
        self.interrupt()
        self._take_snapshot = None

    def asked(self) -> None:
        """A request has come, which is what all this is for."""
        self.hold()
        self._take_snapshot = None
        self._unused = 0

    def note(self, snapshot: Snapshot) -> None:
        """The engine has just read the prompt of a request for this one."""
        self._warm.append(line_of(snapshot))
        self._settled.append(line_of(snapshot))

    def forget_lines(self) -> None:
        """What was found meanwhile may have changed the prompts: the next key has its line read again."""
        self._line = None
        self._warm.clear()
        self._settled.clear()

    def start_over(self) -> None:
        """With another engine, or other prompts: nothing is read yet. A place that still waits is first."""
        self._stop_reading()
        self.forget_lines()
        if self._take_snapshot is not None:
            self.begin(self._take_snapshot)

    async def _follow(self, take_snapshot: SnapshotFactory, again: bool) -> None:
        await asyncio.sleep(SETTLE_SECONDS)
        snapshot = take_snapshot()
        if snapshot is not None:
            self._enter(snapshot)
        await asyncio.sleep(IDLE_SECONDS)
        if self._reading is not None:
            await asyncio.wait([self._reading])
        snapshot = take_snapshot()
        if snapshot is not None and (again or line_of(snapshot) not in self._settled):
            self._start(snapshot, anew=True)

    def _enter(self, snapshot: Snapshot) -> None:
        """Read the prompt for a place that is new; let go what is read for another."""
        line = line_of(snapshot)
        if self._reading is not None and self._line == line:
            return
        self._stop_reading()
        if line not in self._warm:
            self._start(snapshot, anew=False)

    def _start(self, snapshot: Snapshot, *, anew: bool) -> None:
        self._stop_reading()
        self._line = line_of(snapshot)
        self._reading = asyncio.ensure_future(self._read_and_note(snapshot, self._line, anew))

    async def _read_and_note(self, snapshot: Snapshot, line: int, anew: bool) -> None:
        is_read = await self._read(snapshot, anew)
        self._reading = None
        if is_read:
            self._unused += line not in self._warm
            self._take_snapshot = None
            self._warm.append(line)
            self._settled.extend([line] if anew else [])

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None


def line_of(snapshot: Snapshot) -> int:
    """The same number for places whose prompts differ in their own line only: a hash of all around it."""
    before = snapshot.prefix
    return hash((snapshot.path, before[: before.rfind("\n") + 1], snapshot.suffix))


async def read_ahead(
    reader: PromptReader,
    completer: Completer,
    snapshot: Snapshot,
    options: Options,
    *,
    anew: bool,
    is_busy: Callable[[], bool],
) -> bool:
    """Have the prompt for a snapshot read, and in a pause, with ``anew``, analysis get to know what is there.

    False where that can't be done now, because the engine ``is_busy`` with a run that somebody may wait for,
    or because a request ended it. Raises EngineError.
    """
    prompt = await completer.prompt_ahead(snapshot, options, anew=anew)
    if prompt is None or is_busy():
        return False
    if not reader.has_read(prompt) and not await reader.read(completer.engine, prompt, options):
        return False
    if anew and completer.workspaces is not None and options.monitor:
        analysis = await completer.workspaces.of(snapshot)
        if analysis is not None:
            await warm_up_analysis(analysis, snapshot, slices_max=SLICES_MAX)
    return True
