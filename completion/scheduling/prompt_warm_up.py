"""Reading ahead: in a pause, the prompt for where the cursor probably is, so that the next request need not.

A request anchors its prompt at the cursor's line (context/prompt); until it has been read, that takes most
of an answer's time. So the context is chosen anew and the prompt is read while nobody waits: where a document
was edited and nothing asked, and where something was asked and nothing is shown: the next key may ask.

Invariants: one reading at most, begun after a pause in which nothing was edited or asked; it gives way to
every request; nothing of it is shown; what has been read is not read again; after some readings that no
request followed there are no more until one comes.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from holesmith.completion.options import Options
from holesmith.completion.preparation import request_of
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.prompt import Prompt
from holesmith.engine.interface import Engine

# Longer than editors wait before they ask (Neovim: 0.2 s), and than most gaps between keys.
IDLE_SECONDS = 0.4
# A request waits for one piece at most: on two cores a tenth of a second with the default model.
PIECE_TOKENS = 64
UNUSED_MAX = 8
# Fewer than the engine's prefix cache has room for.
LINES_MAX = 8

SnapshotFactory = Callable[[], Snapshot | None]


class PromptWarmUp:
    """The one reading. Belongs to one event loop."""

    def __init__(self, read: Callable[[Snapshot], Awaitable[bool]]) -> None:
        """``read`` has the engine read the prompt for a snapshot, and says whether it could."""
        self._read = read
        self._task: asyncio.Task[None] | None = None
        self._take_snapshot: SnapshotFactory | None = None
        self._warm: deque[int] = deque(maxlen=LINES_MAX)
        self._unused = 0

    def begin(self, take_snapshot: SnapshotFactory, *, again: bool = False) -> None:
        """After a pause, get ready for the place that ``take_snapshot`` gives then, instead of any other.

        ``again``: also where the line has been read before; its context may be better by then.
        """
        self.hold()
        self._take_snapshot = take_snapshot
        if self._unused < UNUSED_MAX:
            self._task = asyncio.ensure_future(self._wait_and_read(take_snapshot, again))

    def hold(self) -> None:
        """Stop, at once; what has been read stays in the engine's cache."""
        if self._task is not None:
            self._task.cancel()
        self._task = None

    def stop(self) -> None:
        """Hold, and forget the place."""
        self.hold()
        self._take_snapshot = None

    def give_way(self) -> None:
        """To a request, which is also what all this is for."""
        self.stop()
        self._unused = 0

    def note(self, snapshot: Snapshot) -> None:
        """The engine has just read the prompt for this one."""
        self._warm.append(line_of(snapshot))

    def start_over(self) -> None:
        """With another engine, or other prompts: nothing is read yet. A place that still waits is first."""
        self._warm.clear()
        if self._take_snapshot is not None:
            self.begin(self._take_snapshot)

    async def _wait_and_read(self, take_snapshot: SnapshotFactory, again: bool) -> None:
        await asyncio.sleep(IDLE_SECONDS)
        snapshot = take_snapshot()
        if snapshot is None or (line_of(snapshot) in self._warm and not again):
            return
        if not await self._read(snapshot):
            return
        self._unused += 1
        self._take_snapshot = None
        self.note(snapshot)


def line_of(snapshot: Snapshot) -> int:
    """The same number for places whose prompts differ in their own line only: a hash of all around it."""
    before = snapshot.prefix
    return hash((snapshot.path, before[: before.rfind("\n") + 1], snapshot.suffix))


async def read(engine: Engine, prompt: Prompt, options: Options) -> None:
    """Let the engine read a prompt. Of each piece it decodes one token, because it always does.

    Cancelling the awaiting task stops the engine within one piece. Raises EngineError.
    """
    request = replace(request_of(prompt, options), tokens_max=1, required_prefix=b"")
    for start in range(0, len(prompt.token_ids), PIECE_TOKENS):
        stream = engine.start(replace(request, token_ids=prompt.token_ids[: start + PIECE_TOKENS]))
        try:
            await stream.result()
        finally:
            stream.cancel()
