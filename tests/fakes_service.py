"""A completion service that does what the document tells it to, and a language server around it.

The last word before the cursor decides: ``slow`` never ends unless cancelled, ``block`` blocks the whole
event loop, ``fail`` raises, ``multi`` has several lines, ``nothing`` has no completion; anything else is
completed with ``"d(x)"``, and, asked for by hand after ``many``, with two alternatives. The model's name
decides about loading: ``never`` loads forever, ``broken`` cannot be loaded, ``defect`` raises, ``stubborn``
neither loads nor closes.

Run as a script it serves on standard input and output, and prints where no server should.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

from holesmith.cli.lsp import converse
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status

TEXT_OF = {"multi": "first(\n    second)", "newline": "\nsecond", "nothing": None}


class FakeService:
    """Its answers carry what it was asked (snapshot and options, as JSON) as the generated text."""

    def __init__(self, options: Options, on_status: Callable[[Status], None]) -> None:
        self.options = options
        self._on_status = on_status
        self._status = Status("stopped", "not started")
        self._is_settled = asyncio.Event()

    @property
    def status(self) -> Status:
        return self._status

    async def load(self) -> None:
        model = self.options.model or "fake"
        self._set(Status("loading", "loading the model", progress=0.0))
        if model in ("never", "stubborn"):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self._set(replace(self._status, progress=0.5))
        if model == "broken":
            self._set(Status("error", "no such model 'broken'; see `holesmith model list`", model=model))
        elif model == "defect":
            self._is_settled.set()  # the real one's wait ends with a load that fails, too
            raise RuntimeError("load is defect")
        else:
            self._set(Status("ready", f"{model} on fake", model=model, device="fake"))

    async def wait_for_load(self) -> None:
        await self._is_settled.wait()

    async def configure(self, options: Options) -> None:
        before, self.options = self.options, options
        if before.model != options.model:
            await self.load()

    async def complete(self, snapshot: Snapshot) -> Answer:
        asked = json.dumps({**asdict(snapshot), "options": asdict(self.options)})
        answer = Answer(None, "nothing to say", self._status.model or "", "stop", "<prompt>", generated=asked)
        if self._status.health != "ready":
            return replace(answer, reason=f"{self._status.health}: {self._status.message}")
        word = snapshot.prefix.split()[-1] if snapshot.prefix.split() else ""
        if word == "slow":
            await self._decode_until_cancelled()
        if word == "block":
            time.sleep(3_600)  # the defect that is played here
        if word == "fail":
            raise RuntimeError("the pipeline broke")
        text = TEXT_OF.get(word, "d(x)")
        self._set(replace(self._status, completions=self._status.completions + 1))
        if text is None:
            return answer
        if (selected := snapshot.selected) is not None:
            shown = Completion(selected.text + text, selected.start, selected.stop, 0.5)
        else:
            shown = Completion(text, snapshot.offset, snapshot.offset, 0.5)
        others = ("e(y)", "f(z)") if word == "many" and snapshot.invoked else ()
        alternatives = tuple(replace(shown, text=other) for other in others)
        return replace(answer, completion=shown, reason="shown", alternatives=alternatives)

    async def open(self, snapshot: Snapshot) -> None:
        if snapshot.text == "unreadable":
            raise RuntimeError("the index is broken")
        if snapshot.workspace is not None:
            self._set(replace(self._status, message=f"opened {snapshot.path} in {snapshot.workspace}"))

    def edited(self, take_snapshot: Callable[[], Snapshot | None]) -> None:
        snapshot = take_snapshot()
        if snapshot is not None and snapshot.prefix.endswith("paused"):
            self._set(replace(self._status, message=f"edited {snapshot.path} at {snapshot.offset}"))

    def files_changed(self, paths: Iterable[str]) -> None:
        self._set(replace(self._status, message=f"changed {', '.join(paths)}"))

    async def close(self) -> None:
        if self.options.model == "stubborn":
            await asyncio.Event().wait()
        self._set(replace(self._status, health="stopped", message="stopped"))

    async def _decode_until_cancelled(self) -> None:
        try:
            self._set(replace(self._status, message="decoding"))
            await asyncio.Event().wait()
        finally:
            cancelled = self._status.cancelled + 1
            self._set(replace(self._status, message="cancelled", cancelled=cancelled))

    def _set(self, status: Status) -> None:
        self._status = status
        if status.health == "loading":
            self._is_settled.clear()
        else:
            self._is_settled.set()
        self._on_status(status)


def main() -> None:
    from holesmith.lsp.transport.log import log_to_stderr
    from holesmith.lsp.transport.streams import claim_standard_streams

    log_to_stderr()
    source, sink = claim_standard_streams()
    print("printed by a library")
    os.write(1, b"written by a library in C\n")
    subprocess.run(["cat"], check=True, timeout=10)  # a child that reads gets nothing
    asyncio.run(converse(source, sink, watches_parent=True, start_service=FakeService))


if __name__ == "__main__":
    sys.exit(main())
