"""Bring an index up to date with its workspace: store new and changed files, remove files that are gone.

The index is usable during a scan: files are stored in small transactions, those around the user's own files
first. A file counts as unchanged by its size and time of modification.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from holesmith.context.index.entry import FileEntry, entry_of, skipped_entry
from holesmith.context.index.files import FoundFile, Limits, SkippedFileError, found_file, walk
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from holesmith.context.index.popularity import store_popular
from holesmith.context.index.writer import remove, store, transaction

# Seconds for which one transaction may gather files before its commit: other writers wait that long.
COMMIT_INTERVAL_S = 0.5
FILES_PER_COMMIT_MAX = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a scan. ``files_total`` counts the files to read, which for a
    known workspace is few.
    """

    files_done: int
    files_total: int


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a scan.

    ``skipped`` counts files that were left out, by reason; ``lines`` are those of files stored in this scan.
    """

    files: int
    stored: int
    removed: int
    lines: int
    duration_ms: float
    skipped: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with its rules and limits, and the database of its index.

    ``reading`` is entered with each file's path and size for as long as it is read and parsed.
    """

    root: Path
    connection: sqlite3.Connection
    rules: IgnoreRules
    limits: Limits
    reading: Callable[[str, int], AbstractContextManager[None]] = lambda path, size: nullcontext()


def nothing(_: object) -> None:
    """Ignore an event: the callback of a caller who needs no progress."""


def scan(
    workspace: Workspace,
    on_progress: Callable[[Progress], None] = nothing,
    between: Callable[[], bool] = lambda: True,
    focus: Sequence[str] = (),
) -> BuildReport:
    """Compare every file with the index and store the differences.

    ``focus`` are paths that the user works in: these files and their neighbours come first. ``between`` is
    called after each transaction, when other changes may be made; the scan ends early if it returns False.
    """
    started = time.perf_counter()
    connection = workspace.connection
    found = {file.path: file for file in walk(workspace.root, workspace.rules, workspace.limits)}
    known: dict[str, tuple[int, int]] = {
        path: (size, modified)
        for path, size, modified in connection.execute("SELECT path, bytes, modified_ns FROM files")
    }
    changed = [file for path, file in found.items() if known.get(path) != (file.bytes, file.modified_ns)]
    gone = [path for path in known if path not in found]
    with transaction(connection):
        removed = sum(remove(connection, path) for path in gone)
    changed.sort(key=lambda file: (nearness(file.path, focus), -file.modified_ns))
    done = lines = 0
    skipped: Counter[str] = Counter()
    on_progress(Progress(0, len(changed)))
    for batch in _stored_batches(workspace, changed):
        done += len(batch)
        lines += sum(entry.lines for entry in batch)
        skipped.update(entry.skipped for entry in batch if entry.skipped)
        on_progress(Progress(done, len(changed)))
        if not between():
            break
    if done or removed:
        store_popular(connection)
    if done > FILES_PER_COMMIT_MAX:
        connection.execute("PRAGMA optimize")
        connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    duration_ms = (time.perf_counter() - started) * 1000
    return BuildReport(len(found), done, removed, lines, duration_ms, dict(skipped))


def update(workspace: Workspace, path: str) -> bool:
    """Store the present state of a file that was saved, renamed or deleted; True if the file is there.

    A file that is gone is removed from the index. For a folder that is gone, everything in it is removed.
    """
    connection = workspace.connection
    found = found_file(workspace.root, path, workspace.rules)
    if found is not None:
        entry = _entry(workspace, found)
        with transaction(connection):
            store(connection, entry)
        return True
    rows = connection.execute(
        "SELECT path FROM files WHERE path = ? OR path >= ? AND path < ?", (path, path + "/", path + "0")
    ).fetchall()
    if rows:
        with transaction(connection):
            for (known,) in rows:
                remove(connection, known)
    return False


def nearness(path: str, focus: Iterable[str]) -> int:
    """Return the number of steps between folders from ``path`` to the nearest of ``focus``; 0 for itself."""
    return min((_steps(PurePosixPath(path), PurePosixPath(each)) for each in focus), default=0)


def _steps(path: PurePosixPath, other: PurePosixPath) -> int:
    if path == other:
        return 0
    mine, others = path.parent.parts, other.parent.parts
    shared = 0
    while shared < min(len(mine), len(others)) and mine[shared] == others[shared]:
        shared += 1
    return 1 + len(mine) + len(others) - 2 * shared


def _stored_batches(workspace: Workspace, files: Sequence[FoundFile]) -> Iterator[list[FileEntry]]:
    """Store the files, and yield each batch after its commit.

    Files are read outside of the transaction, so that the database is locked only for writing.
    """
    batch: list[FileEntry] = []
    started = time.monotonic()
    for number, found in enumerate(files, 1):
        batch.append(_entry(workspace, found))
        is_due = time.monotonic() - started > COMMIT_INTERVAL_S or len(batch) >= FILES_PER_COMMIT_MAX
        if is_due or number == len(files):
            with transaction(workspace.connection):
                for entry in batch:
                    store(workspace.connection, entry)
            yield batch
            batch, started = [], time.monotonic()


def leave_out(workspace: Workspace, path: str, reason: str) -> None:
    """Store the present state of a file as one that is not indexed, until it changes."""
    found = found_file(workspace.root, path, workspace.rules)
    if found is not None:
        with transaction(workspace.connection):
            store(workspace.connection, skipped_entry(found, reason))


def _entry(workspace: Workspace, found: FoundFile) -> FileEntry:
    try:
        with workspace.reading(found.path, found.bytes):
            return entry_of(workspace.root, found, workspace.limits)
    except SkippedFileError as error:
        return skipped_entry(found, str(error))
