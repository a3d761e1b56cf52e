"""The process that keeps one workspace's index up to date; `background` starts it.

It is a process of its own, because parsing and writing would hold the GIL of the server, whose event loop
must answer within milliseconds; and it has a low priority, because the model needs the cores more. Commands
come in on stdin and events go out on stdout, one JSON object a line. The process never outlives its server:
it ends at once, whatever it is doing, when stdin ends, when nobody reads stdout any more and, on Linux, when
the thread that started it ends. The next process that opens the database undoes a half-written transaction.

Commands: ``{"do": "scan", "focus": [path…]}``, ``{"do": "update", "paths": [path…]}``. Events: ``progress``
(files_done, files_total), ``scanned`` (the fields of BuildReport), ``updated`` (path, duration_ms),
``waiting`` (another process scans this workspace), ``rebuilding`` (message), ``failed`` (message). A reader
that does not keep up loses the oldest events. A file that takes too long or too much memory ends the process;
the next process leaves that file out.
"""

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from holesmith.context.index.build import Progress, Workspace, leave_out, scan, update
from holesmith.context.index.files import Limits, is_inside
from holesmith.context.index.ignoring.ignore_rules import GIT_NAME, OWN_NAME, IgnoreRules
from holesmith.context.index.location import claim, database_of, delete_unused
from holesmith.context.index.process.background import AFTER_DEATH
from holesmith.context.index.process.event_stream import EventStream
from holesmith.context.index.process.fatal_files import ReadingNote, fatal_files
from holesmith.context.index.process.pending import Pending, Scan, Update
from holesmith.context.index.schema import delete_database, open_writer
from holesmith.system.file_lock import try_lock_file
from holesmith.system.memory import limit_memory
from holesmith.system.parent_process import end_with_parent
from holesmith.system.private_files import CACHE_VARIABLE, open_private_file
from holesmith.system.process_priority import lower_priority

# The priority that the process gives up: the model needs the cores more.
NICENESS = 10
# Address space: far more than any code needs.
MEMORY_BYTES_MAX = 3 << 30
# Seconds between two tries to get the lock that another process holds.
LOCK_POLL_S = 0.2


class Indexer:
    """The indexer of one workspace: one connection, one thread that works, and
    another that takes commands.
    """

    def __init__(self, root: Path, events: EventStream, *, after_death: bool = False) -> None:
        """``after_death`` says that the process before this one did not end by itself.

        Raises OSError or sqlite3.Error if the index can't be written.
        """
        self._root = root.resolve()
        self._database = database_of(root)
        self._events = events
        self._pending = Pending()
        self._note: ReadingNote | None = None
        claim(self._root, self._database)
        fatal = tuple(fatal_files(self._database.parent))
        self._workspace = self._opened()
        for path in fatal if after_death else ():
            leave_out(self._workspace, path, "its reading ends the indexer")

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to the present database, for use from any thread, one at a time."""
        return self._workspace.connection

    def run(self, lines: Iterable[bytes], at_end: Callable[[], None]) -> None:
        """Execute the commands in ``lines`` until they end; then call ``at_end``, on another thread.

        A database found damaged or gone on the way is rebuilt.
        """
        threading.Thread(target=self._read, args=(lines, at_end), daemon=True).start()
        while (work := self._pending.take()) is not None:
            try:
                self._obey(work)
            except sqlite3.OperationalError as error:
                self._emit("failed", message=advice_for(error))
            except sqlite3.DatabaseError:
                self._rebuild("the index was damaged and is made anew")
            except OSError as error:
                self._emit("failed", message=advice_for(error))
        self._close()

    def _close(self) -> None:
        self._workspace.connection.close()
        if self._note is not None:
            self._note.close()

    def _read(self, lines: Iterable[bytes], at_end: Callable[[], None]) -> None:
        for line in lines:
            work = work_of(line)
            if work is not None:
                self._pending.add(work)
        self._pending.end()
        at_end()

    def _obey(self, work: Scan | Update) -> None:
        if not self._is_in_place():
            self._rebuild("the index was deleted and is made anew")
        elif isinstance(work, Scan):
            self._scan(work.focus)
        else:
            self._update(work.paths)

    def _scan(self, focus: tuple[str, ...]) -> None:
        with scanning_lock(self._database, self._wait) as is_ours:
            if is_ours:
                report = scan(self._workspace, self._show, self._between, focus)
                self._emit("scanned", **asdict(report))

    def _update(self, paths: Iterable[str]) -> None:
        if any(PurePosixPath(path).name in (GIT_NAME, OWN_NAME) for path in paths):
            self._workspace = replace(self._workspace, rules=IgnoreRules(self._root))
            self._pending.add(Scan())
        for path in paths:
            started = time.perf_counter()
            if (self._root / path).is_dir():
                self._pending.add(Scan((path,)))
                continue
            is_there = update(self._workspace, path)
            duration_ms = (time.perf_counter() - started) * 1000
            self._emit("updated", path=path, is_there=is_there, duration_ms=round(duration_ms, 2))

    def _between(self) -> bool:
        """Handle waiting updates between two transactions of a scan; True if the scan is to go on."""
        if not self._is_in_place():
            self._pending.add(Scan())
            return False
        if work := self._pending.take_update():
            self._update(work.paths)
        return not self._pending.has_ended

    def _wait(self) -> bool:
        self._emit("waiting")
        return self._between()

    def _is_in_place(self) -> bool:
        """True if the open database is still the one that readers see."""
        try:
            return self._database.stat().st_ino == self._inode
        except OSError:
            return False

    def _rebuild(self, message: str) -> None:
        self._workspace.connection.close()
        if self._is_in_place():
            delete_database(self._database)
        self._workspace = self._opened()
        self._emit("rebuilding", message=message)
        self._scan(())

    def _opened(self) -> Workspace:
        claim(self._root, self._database)
        connection = open_writer(self._database)
        self._inode = self._database.stat().st_ino
        if self._note is not None:
            self._note.close()
        self._note = ReadingNote(self._database.parent)
        rules = IgnoreRules(self._root)
        return Workspace(self._root, connection, rules, Limits(), self._note.reading)

    def _show(self, progress: Progress) -> None:
        self._emit("progress", **asdict(progress))

    def _emit(self, event: str, **fields: object) -> None:
        self._events.send({"event": event, **fields})


def work_of(line: bytes) -> Scan | Update | None:
    """Parse a command; paths outside of the workspace are left out. None if the line is no command."""
    try:
        command: Any = json.loads(line)
    except ValueError:
        return None
    match command:
        case {"do": "scan", **rest}:
            return Scan(tuple(_paths(rest.get("focus"))))
        case {"do": "update", "paths": paths}:
            return Update(tuple(_paths(paths)))
        case _:
            return None


def _paths(listed: object) -> Iterable[str]:
    return (
        (path for path in listed if isinstance(path, str) and is_inside(path))
        if isinstance(listed, list)
        else ()
    )


def advice_for(error: OSError | sqlite3.Error) -> str:
    """Return one line that says why the index can't be written, and what to do."""
    text = str(error)
    if CACHE_VARIABLE in text:
        return text
    return f"the index can't be written: {text}; free some space, or set {CACHE_VARIABLE} to another folder"


@contextmanager
def scanning_lock(database: Path, wait: Callable[[], bool]) -> Generator[bool]:
    """Hold the lock of the one process that scans; yield True, or False if the caller gave up.

    While another process holds the lock, ``wait`` says whether to try again.
    """
    with open_private_file(database.with_name("scan.lock")) as file:
        while True:
            try:
                try_lock_file(file)
                break
            except BlockingIOError:
                if not wait():
                    yield False
                    return
                time.sleep(LOCK_POLL_S)
        yield True


def run_process(root: Path, commands: BinaryIO, sink: BinaryIO, *, after_death: bool) -> int:
    """Run the process from start to end; return its exit status."""
    events = EventStream(sink, on_broken=lambda: os._exit(0))  # the reader has gone

    def end() -> None:
        os._exit(0)

    try:
        delete_unused()
        Indexer(root, events, after_death=after_death).run(commands, end)
    except (OSError, sqlite3.Error) as error:
        events.send({"event": "failed", "message": f"no index: {advice_for(error)}"})
        events.flush()
        return 1
    return 0


def main() -> None:
    """Run the process. The arguments are the workspace's root, and AFTER_DEATH if the last process was
    killed.
    """
    os.umask(0o077)
    lower_priority(NICENESS)
    end_with_parent(sys.stdout.fileno())
    limit_memory(MEMORY_BYTES_MAX)
    after_death = AFTER_DEATH in sys.argv[2:]
    sys.exit(run_process(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer, after_death=after_death))


if __name__ == "__main__":
    main()
