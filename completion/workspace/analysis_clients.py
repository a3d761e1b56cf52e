"""The static analysis of the workspaces in use: one worker each, started with its first question.

Invariants: at most ``WORKSPACES_MAX`` workers live, and the one unused for longest is closed first; a
document outside every workspace is analysed with its own folder as the project.
"""

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.system.private_files import NoPrivateFolderError, cache_folder, is_shared_cache
from platformdirs import user_cache_path

# Workers that live at a time: each is a process with its own memory.
WORKSPACES_MAX = 4
LANGUAGES = frozenset(("python",))
"""The languages that the analysis worker understands."""


@dataclass(slots=True)
class Workspaces:
    """The analysis clients by folder. All methods belong to one event loop.

    ``python`` is the environment that the user chose.
    """

    python: str | None = None
    _has_deleted_old: bool = False
    _clients: dict[str, AnalysisClient] = field(default_factory=dict[str, AnalysisClient])

    async def of(self, snapshot: Snapshot) -> AnalysisClient | None:
        """Return the analysis for a document; None if there is none for its
        language, or if it has no folder.
        """
        if snapshot.language not in LANGUAGES:
            return None
        folder = snapshot.workspace or _folder_of(snapshot.path)
        return None if folder is None else await self.open(folder)

    async def open(self, folder: str) -> AnalysisClient:
        """Return the analysis of a folder. Its worker starts with the first question."""
        if not self._has_deleted_old:
            self._has_deleted_old = True
            await asyncio.to_thread(delete_parsed_files)
        client = self._clients.pop(folder, None) or AnalysisClient(self._options(folder))
        self._clients[folder] = client
        if len(self._clients) > WORKSPACES_MAX:
            await self._clients.pop(next(iter(self._clients))).close()
        return client

    async def use_python(self, python: str | None) -> None:
        """Read another environment; workers that read the old one are ended."""
        if python != self.python:
            self.python = python
            await self.close()

    async def close(self) -> None:
        """End all workers."""
        while self._clients:
            await self._clients.popitem()[1].close()

    def _options(self, folder: str) -> Options:
        return Options(folder, self.python, os.environ.get("VIRTUAL_ENV"))


def delete_parsed_files() -> None:
    """Delete the parsed files that earlier versions kept: copies of source that
    others could read or replace. The cache of jedi itself stays.
    """
    with suppress(NoPrivateFolderError):
        cache = cache_folder()
        if not is_shared_cache(cache):
            shutil.rmtree(cache / "jedi", ignore_errors=True)
    with suppress(RuntimeError):  # the user has no home
        shutil.rmtree(user_cache_path("holesmith", appauthor=False) / "jedi", ignore_errors=True)


def _folder_of(path: str) -> str | None:
    return str(Path(path).parent) if Path(path).is_absolute() else None
