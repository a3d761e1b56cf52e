"""Keep an index up to date from inside a server: start the indexer's process and talk to it.

Nothing here waits, except ``close`` for a moment: two threads of this object's own write to the process and
read from it, so that a process that is stopped or slow holds up nobody. Commands that could not be written
yet are kept in a bounded form.
"""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from holesmith.context.index.process.pending import Pending, Scan, Update
from holesmith.system.own_process import FOLDER, command_of, environment

AFTER_DEATH = "--after-death"
# A process that dies is started again until it has been started this often; then the index stays unchanged.
STARTS_MAX = 10
# Seconds; well below the time that a server has to close everything: a frozen process must be killed by then.
CLOSE_TIMEOUT_S = 0.6

Event = dict[str, Any]


class BackgroundIndexer:
    """The indexer of one workspace. Paths are relative to the root, with forward slashes."""

    def __init__(self, root: Path, on_event: Callable[[Event], None]) -> None:
        """Make the indexer; its process starts with the first command.

        ``on_event`` gets the events that indexer.py describes, and ``restarting`` (message) if the process
        has died and another one goes on. It is called on another thread and must not raise.
        """
        self._root = root
        self._on_event = on_event
        self._lock = threading.Lock()
        self._pending = Pending()
        self._writer: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._death: tuple[str, ...] = ()

    def scan(self, focus: Sequence[str] = ()) -> None:
        """Scan the whole workspace, first around the files ``focus``, such as those open in the editor."""
        self._do(Scan(tuple(focus)))

    def update(self, paths: Sequence[str]) -> None:
        """Update files that were saved, created, changed by another program, or deleted; ignore files count
        too.
        """
        self._do(Update(tuple(paths)))

    def rename(self, old: str, new: str) -> None:
        """Update a file under its old name and its new one."""
        self.update((old, new))

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        """The running indexer, for watching it; None before the first command."""
        return self._process

    def close(self) -> None:
        """End the process; the next scan finds what it has not stored yet."""
        self._pending.end()
        with self._lock:
            process, writer = self._process, self._writer
        if writer is not None:
            writer.join(CLOSE_TIMEOUT_S)  # the writer closes the pipe, which ends the process
        if process is None:
            return
        try:
            process.wait(0 if writer is not None and writer.is_alive() else CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _do(self, work: Scan | Update) -> None:
        self._pending.add(work)
        with self._lock:
            if self._writer is None and not self._pending.has_ended:
                self._writer = threading.Thread(target=self._write, name="indexer", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        """Pass on the commands for as long as there is a process."""
        while (work := self._pending.take()) is not None:
            if not self._is_running() and not self._starts_again():
                break
            self._send(work)
        self._close_pipe()

    def _close_pipe(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def _send(self, work: Scan | Update) -> None:
        command = (
            {"do": "scan", "focus": work.focus}
            if isinstance(work, Scan)
            else {"do": "update", "paths": work.paths}
        )
        process = self._process
        assert process is not None
        assert process.stdin is not None
        data = memoryview(json.dumps(command).encode() + b"\n")
        with suppress(OSError, ValueError):  # the process has just ended
            while data:
                data = data[os.write(process.stdin.fileno(), data) :]

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _starts_again(self) -> bool:
        """Start the process, unless it has died too often or the indexer is closed; True if it runs."""
        self._close_pipe()
        with self._lock:
            if self._starts >= STARTS_MAX or self._pending.has_ended:
                return False
            self._starts += 1
            try:
                self._process = self._start()
            except OSError as error:
                self._on_event({"event": "failed", "message": f"the indexer can't be started: {error}"})
                return False
        return True

    def _start(self) -> "subprocess.Popen[bytes]":
        # The current folder is the user's workspace, whose modules must never be imported.
        process = subprocess.Popen(
            command_of("holesmith.context.index.process.indexer", str(self._root.absolute()), *self._death),
            cwd=FOLDER,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._listen, args=(process,), name="indexer events", daemon=True).start()
        return process

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError):
                    self._on_event(json.loads(line))
        status = process.wait()
        if not status or self._pending.has_ended:
            return
        if status < 0 and self._starts < STARTS_MAX:  # perhaps killed by a file that the next one skips
            self._death = (AFTER_DEATH,)
            self._on_event({"event": "restarting", "message": f"the indexer was ended by signal {-status}"})
            self.scan()
        else:
            self._on_event({"event": "failed", "message": f"the indexer ended with status {status}"})
