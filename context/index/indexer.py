"""The process that keeps one workspace's index up to date: ``python -P -m holesmith.context.index.indexer``.

A process of its own, because parsing and writing would hold the interpreter's lock of the server, whose event
loop must answer within milliseconds; and at a low priority, because the model needs the cores more. Commands
come in on stdin and events go out on stdout, one JSON object a line; the end of stdin ends the process, so it
never outlives the one that started it.

Commands: ``{"do": "scan", "focus": [path…]}``, ``{"do": "update", "paths": [path…]}``. Events: ``progress``
(files_done, files_total), ``scanned`` (the fields of BuildReport), ``updated`` (path, duration_ms),
``waiting`` (another process scans this workspace), ``failed`` (message).
"""

import fcntl
import json
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from holesmith.analysis.private_files import open_private_file
from holesmith.context.index.build import Progress, Workspace, scan, update
from holesmith.context.index.files import Limits
from holesmith.context.index.ignore import GIT_NAME, OWN_NAME, IgnoreRules
from holesmith.context.index.location import claim, database_of, delete_unused
from holesmith.context.index.schema import delete_database, open_writer

NICENESS = 10
LOCK_POLL_S = 0.2
COMMANDS_MAX = 10_000

Command = dict[str, Any]


class Indexer:
    """One workspace, one connection, one thread; commands wait in a queue."""

    def __init__(self, root: Path, events: TextIO, limits: Limits | None = None) -> None:
        self._root = root.resolve()
        self._database = database_of(root)
        self._events = events
        self._limits = limits or Limits()
        self._commands: queue.Queue[Command | None] = queue.Queue(COMMANDS_MAX)
        self._ended = False
        claim(root, self._database)
        self._workspace = self._opened()

    def run(self, lines: Iterable[str]) -> None:
        """Until ``lines`` end. A database found damaged on the way is made anew, once for each command."""
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        while (command := self._commands.get()) is not None and not self._ended:
            try:
                self._obey(command)
            except sqlite3.OperationalError as error:
                self._emit("failed", message=f"the index can't be written: {error}")
            except sqlite3.DatabaseError:
                self._rebuild()
        self._workspace.connection.close()

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            try:
                self._commands.put(json.loads(line))
            except ValueError:
                continue
        self._ended = True
        self._commands.put(None)

    def _obey(self, command: Command) -> None:
        match command:
            case {"do": "scan", **rest}:
                self._scan(rest.get("focus", ()))
            case {"do": "update", "paths": list(paths)}:
                self._update(paths)
            case _:
                self._emit("failed", message=f"unknown command: {command}")

    def _scan(self, focus: Iterable[str]) -> None:
        with scanning_lock(self._database, self._wait) as is_ours:
            if is_ours:
                report = scan(self._workspace, self._show, self._between, tuple(focus))
                self._emit("scanned", **asdict(report))

    def _update(self, paths: Iterable[str]) -> None:
        if any(PurePosixPath(path).name in (GIT_NAME, OWN_NAME) for path in paths):
            self._workspace = replace(self._workspace, rules=IgnoreRules(self._root))
            self._commands.put({"do": "scan"})
        for path in paths:
            started = time.perf_counter()
            if (self._root / path).is_dir():
                self._commands.put({"do": "scan", "focus": [path]})
                continue
            is_there = update(self._workspace, path)
            duration_ms = (time.perf_counter() - started) * 1000
            self._emit("updated", path=path, is_there=is_there, duration_ms=round(duration_ms, 2))

    def _between(self) -> bool:
        """Between two transactions of a scan: do what was asked meanwhile, go on unless all is to end."""
        for _ in range(self._commands.qsize()):
            command = self._commands.get()
            if command is None or self._ended:
                return False
            if command.get("do") == "update":
                self._obey(command)
            else:
                self._commands.put(command)
        return not self._ended

    def _wait(self) -> bool:
        self._emit("waiting")
        return self._between()

    def _rebuild(self) -> None:
        self._workspace.connection.close()
        delete_database(self._database)
        self._workspace = self._opened()
        self._emit("failed", message="the index was damaged and is made anew")
        self._scan(())

    def _opened(self) -> Workspace:
        connection = open_writer(self._database)
        return Workspace(self._root, connection, IgnoreRules(self._root), self._limits)

    def _show(self, progress: Progress) -> None:
        self._emit("progress", **asdict(progress))

    def _emit(self, event: str, **fields: object) -> None:
        print(json.dumps({"event": event, **fields}), file=self._events, flush=True)


@contextmanager
def scanning_lock(database: Path, wait: Callable[[], bool]) -> Generator[bool]:
    """Held by the one process that scans. While another holds it, ``wait`` says whether to try again; false
    if it gave up.
    """
    with open_private_file(database.with_name("scan.lock")) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not wait():
                    yield False
                    return
                time.sleep(LOCK_POLL_S)
        yield True


def main() -> None:
    """The one argument is the workspace's root."""
    os.nice(NICENESS)
    events = sys.stdout
    try:
        delete_unused()
        Indexer(Path(sys.argv[1]), events).run(sys.stdin)
    except BrokenPipeError:
        sys.exit(0)  # whoever listened has gone
    except (OSError, sqlite3.Error) as error:
        print(json.dumps({"event": "failed", "message": f"no index: {error}"}), file=events, flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
