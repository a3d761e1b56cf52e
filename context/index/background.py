"""Keeps an index up to date from inside a server: starts the indexer's process and talks to it.

Nothing here waits, except ``close`` for a moment. Events arrive on a thread of this object's own.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# A process that dies is started again this often, then the index stays as it is.
STARTS_MAX = 3
CLOSE_TIMEOUT_S = 2.0

Event = dict[str, Any]


class BackgroundIndexer:
    """One workspace's indexer. Paths are relative to the root, with forward slashes."""

    def __init__(self, root: Path, on_event: Callable[[Event], None]) -> None:
        """``on_event`` gets the events that indexer.py describes, on another thread; it must not raise."""
        self._root = root
        self._on_event = on_event
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._starts = 0
        self._closed = False

    def scan(self, focus: Sequence[str] = ()) -> None:
        """Look at the whole workspace, first around the files ``focus``, such as those open in the editor."""
        self._send({"do": "scan", "focus": list(focus)})

    def update(self, paths: Sequence[str]) -> None:
        """These files were saved, created, changed by another program, or deleted; ignore files count too."""
        self._send({"do": "update", "paths": list(paths)})

    def rename(self, old: str, new: str) -> None:
        self.update((old, new))

    @property
    def process(self) -> subprocess.Popen[str] | None:
        """The running indexer, for watching it; None before the first command."""
        return self._process

    def close(self) -> None:
        """End the process; what it has not stored yet is found by the next scan."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _send(self, command: Event) -> None:
        with self._lock:
            process = self._running()
            if process is None or process.stdin is None:
                return
            with suppress(OSError, ValueError):  # it has just ended
                process.stdin.write(json.dumps(command) + "\n")
                process.stdin.flush()

    def _running(self) -> subprocess.Popen[str] | None:
        if self._closed:
            return None
        if self._process is None or self._process.poll() is not None:
            if self._starts >= STARTS_MAX:
                return None
            self._starts += 1
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[str]:
        # -P: the current folder is the user's workspace, whose modules must never be imported.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "holesmith.context.index.indexer", str(self._root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError):
                    self._on_event(json.loads(line))
        status = process.wait()
        if process.stdin is not None:
            with self._lock, suppress(OSError):
                process.stdin.close()
        if status and not self._closed:
            self._on_event({"event": "failed", "message": f"the indexer ended with status {status}"})
