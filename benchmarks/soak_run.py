"""The state of one soak test: its folder and environment, its time limits, and its findings."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from soak_client import Conversation, Ledger, converse
from soak_document import Document
from soak_processes import MARK, Process, Sample, identities, wait_for_end

SERVER = (str(Path(sys.executable).with_name("holesmith")), "lsp")
CALM_BOUND_S, FAULT_BOUND_S = 5.0, 15.0
AFTERMATH_S = 5.0


@dataclass(slots=True)
class Run:
    """``model`` is None where there is none."""

    folder: Path
    patience: float
    model: str | None
    ledger: Ledger = field(default_factory=Ledger)
    faults: Counter[str] = field(default_factory=Counter[str])
    samples: list[Sample] = field(default_factory=list[Sample])
    seen: set[Process] = field(default_factory=set[Process])
    compared: int = 0
    servers: int = 0
    began: float = field(default_factory=time.monotonic)
    is_faulty: bool = True  # also while it starts
    mended_at: float = 0.0

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def settings(self) -> dict[str, object]:
        return {"model": self.model or "none"}

    def bound(self, sent: float) -> float:
        """The seconds that a request answered now may have taken: more if a fault stood while it ran."""
        is_touched = self.is_faulty or self.mended_at > sent - AFTERMATH_S
        return self.patience * (FAULT_BOUND_S if is_touched else CALM_BOUND_S)

    async def server(self, name: str) -> Conversation:
        """A new one, initialized."""
        self.servers += 1
        log = self.folder / "server.log"
        client = await converse(SERVER, self._environment(), log, self.ledger, self.bound, name)
        client.settings = self.settings
        params = {
            "processId": os.getpid(),
            "capabilities": {
                "general": {"positionEncodings": ["utf-16"]},
                "window": {"workDoneProgress": True},
                "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}},
            },
            "workspaceFolders": [{"uri": self.workspace.as_uri(), "name": "workspace"}],
            "initializationOptions": self.settings,
        }
        await client.ask("initialize", params).answer
        client.notify("initialized", {})
        return client

    async def second_server(self) -> None:
        """Another one on the same workspace, killed in the middle of its work."""
        client = await self.server("second server")
        Document(client, (self.workspace / "second.py").as_uri(), "import os\n\nos.").ask(cancels=False)
        await asyncio.sleep(3)
        family = identities(client.process.pid)
        await client.kill()
        seconds = FAULT_BOUND_S * self.patience
        if left := await asyncio.to_thread(wait_for_end, family, "", seconds):
            self.ledger.fail("left behind by a server that was killed", f"after {seconds:.0f} s: {left}")

    async def compare(self, document: Document, draw: random.Random) -> None:
        self.compared += 1
        step = document.client.step
        if (difference := await document.difference(draw, asks_model=self.model is not None)) is not None:
            self.ledger.fail("out of step", f"{difference} ({step})")

    def log_errors(self) -> list[str]:
        """Lines of the server's log that tell of its own failures."""
        lines = (self.folder / "server.log").read_text("utf-8", "replace").splitlines()
        return [line[:300] for line in lines if " ERROR " in line or line.startswith("Traceback")]

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "HOLESMITH", "LC_"))
        }
        own = {"HOME": self.folder, "XDG_CACHE_HOME": self.cache, "XDG_DATA_HOME": self.folder / "data"}
        return {**kept, **{name: str(path) for name, path in own.items()}, MARK: str(self.folder)}
