"""The prompt warm-up: read the prompt at the cursor ahead, so that the next request need not read it.

A request anchors its prompt at the cursor's line (context/prompt); until the part above that line has been
read, reading takes most of an answer's time. So the prompt is read while nobody waits for an answer:

- At the first edit or request in a new place, at once. Edits on the same line let the reading go on, and so
  do requests there, which need the same.
- In a pause after that, with a new selection of context, if nothing was asked or nothing is shown.

Invariants: there is one reading at most; it gives way to every request (prompt_reader.py); nothing of it is
shown; a line that has been read is not read again; after some readings that no request followed there are no
more until a request comes.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.scheduling.analysis_warm_up import warm_up_analysis
from holesmith.completion.scheduling.prompt_reader import PromptReader
from holesmith.completion.snapshot import Snapshot

# Seconds: a burst of edits, by a tool or by a key held down, is not followed; typing at full speed is.
SETTLE_SECONDS = 0.03
# Seconds: longer than editors wait before they ask (Neovim: 0.2 s), and than most gaps between keys.
IDLE_SECONDS = 0.4
# Readings that no request followed, after which reading ahead stops.
UNUSED_MAX = 8
# Slices of the warm-up of analysis in a pause.
SLICES_MAX = 4
# Fewer lines than the engine's prefix cache has room for prompts.
LINES_MAX = 8

SnapshotFactory = Callable[[], Snapshot | None]
# Reads the prompt for a snapshot in the engine, with a new selection of context or not; False if it could
# not.
Read = Callable[[Snapshot, bool], Awaitable[bool]]


class PromptWarmUp:
    """The one reading ahead of a service. Belongs to one event loop."""

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
        """Read the prompt at the place that ``take_snapshot`` returns: at once if it is new, and again in a
        pause.

        ``again``: in the pause, read it even if the line has been read before; its context may be better by
        then.
        """
        self.hold()
        self._take_snapshot = take_snapshot
        if self._unused < UNUSED_MAX:
            self._watch = asyncio.ensure_future(self._follow(take_snapshot, again))

    def hold(self) -> None:
        """Stop waiting for a pause; a reading goes on."""
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
        """Record that a request has come, for which all this work is done."""
        self.hold()
        self._take_snapshot = None
        self._unused = 0

    def note(self, snapshot: Snapshot) -> None:
        """Record that the engine has just read the prompt of a request for this snapshot."""
        self._warm.append(line_of(snapshot))
        self._settled.append(line_of(snapshot))

    def forget_lines(self) -> None:
        """Forget the lines that were read: new context may have changed the prompts, so the next key reads
        its line.
        """
        self._line = None
        self._warm.clear()
        self._settled.clear()

    def start_over(self) -> None:
        """Begin again with another engine, or other prompts: nothing is read yet. A waiting place comes
        first.
        """
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
        """Read the prompt for a place that is new; stop reading for another place."""
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
        is_read = False
        try:
            is_read = await self._read(snapshot, anew)
        finally:  # also after a failure, or the line would never be read again
            if self._reading is asyncio.current_task():
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
    """Return a number that is the same for places whose prompts differ only in their own line.

    It is a hash of all the text around that line.
    """
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
    """Read the prompt for a snapshot; with ``anew``, in a pause, also warm up the analysis around the cursor.

    False if that can't be done now, because the engine ``is_busy`` with a run that somebody may wait for, or
    because a request ended it. Raises EngineError.
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
