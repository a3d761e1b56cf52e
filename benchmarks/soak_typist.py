"""A simulated user who types modules of the workspace, key by key, and requests a suggestion at each key."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from soak_client import Conversation
from soak_document import Document

GAP_MEDIAN_S, GAP_SIGMA = 0.12, 0.5
PAUSES, PAUSE_S_MAX = 0.06, 3.0
CANCELS, TAKES, TYPO, SAVES, PASTES = 0.8, 0.5, 0.03, 0.01, 0.01
LINES = 30
KEYS_MAX = 500


class Typist:
    """Its text is the same for the same seed, but for what the server suggests and when."""

    def __init__(self, client: Conversation, texts: list[str], folder: Path, draw: random.Random) -> None:
        self._client, self._texts, self._folder, self._draw = client, texts, folder, draw
        self.document: Document | None = None
        self.keys = 0
        self.taken = 0

    async def type_for_ever(self, compare: Callable[[Document], Awaitable[None]]) -> None:
        """One module after another; each is compared at its end."""
        for number in range(10**9):
            lines = self._draw.choice(self._texts).splitlines(keepends=True)
            first = self._draw.randrange(max(len(lines) - LINES, 1))
            before, behind = "".join(lines[:first]), "".join(lines[first + LINES :])
            path = self._folder / f"typed_{number % 7}.py"
            self.document = Document(self._client, path.as_uri(), before + behind)
            self.document.cursor = len(before)
            await self._write("".join(lines[first : first + LINES]), path)
            await compare(self.document)
            self.document.close()

    async def _write(self, target: str, path: Path) -> None:
        document, draw = self.document, self._draw
        assert document is not None
        for key in target[:KEYS_MAX]:
            await asyncio.sleep(draw.lognormvariate(0, GAP_SIGMA) * GAP_MEDIAN_S)
            self.keys += 1
            document.type(key)
            if draw.random() < TYPO:
                document.type(draw.choice("qxz#(\"'"))
                document.ask(cancels=draw.random() < CANCELS)
                document.edit(document.cursor - 1, document.cursor, "")
            document.ask(cancels=draw.random() < CANCELS)
            if draw.random() < PAUSES:
                await self._look(document)
            if draw.random() < PASTES:
                self._paste(document)
            if draw.random() < SAVES and self._folder.is_dir():
                path.write_text(document.text, "utf-8", newline="")
                self._client.notify("textDocument/didSave", {"textDocument": {"uri": document.uri}})
            await self._client.drain()

    async def _look(self, document: Document) -> None:
        """Wait for the suggestion, and take it or not; what is taken is deleted again."""
        asked = document.asked
        assert asked is not None
        await asyncio.wait([asked.answer], timeout=self._draw.uniform(0.3, PAUSE_S_MAX))
        if asked.answer.done() and self._draw.random() < TAKES:
            before = document.text, document.cursor
            if document.accept(asked.answer.result()):
                self.taken += 1
                document.ask()
                document.replace_all(before[0])
                document.cursor = before[1]

    def _paste(self, document: Document) -> None:
        start, text = document.cursor, self._draw.choice(self._texts)[:20_000]
        document.type(text)
        document.ask()
        document.edit(start, start + len(text), "")
