"""The tables of an index, and opening its database.

Several processes may read and write one database at a time: write-ahead logging lets readers go on while one
process writes, and a writer waits for another. A damaged or foreign file is deleted and rebuilt: everything
in it can be had again from the workspace. The chunks of a file, in order, are the whole of its text.
"""

import re
import sqlite3
from contextlib import suppress
from pathlib import Path

from holesmith.system.file_lock import lock_file
from holesmith.system.private_files import (
    FILE_MODE,
    make_private_file,
    make_private_folder,
    open_private_file,
    require_own_file,
)

# Part of the file's name, so that versions of the program with different tables never share a database.
SCHEMA_VERSION = 2
# Milliseconds that a writer waits for another; a reader waits a fiftieth of it.
BUSY_TIMEOUT_MS = 5_000
DATABASE_NAME = f"index-{SCHEMA_VERSION}.sqlite3"
_SUFFIXES = ("", "-wal", "-shm")

# chunk_terms has the row ids of chunks. It is contentless (the text stands in chunks), so that deleting from
# it needs the terms again. Each term stands once in a chunk: in twenty lines, its frequency says little. Its
# column of languages has one term that no identifier is, so that a search can ask for some languages only.
_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, language TEXT NOT NULL,
    bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, lines INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS files_by_folder ON files (folder);
CREATE TABLE IF NOT EXISTS symbols (
    file INTEGER NOT NULL, ordinal INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, parent INTEGER,
    start_line INTEGER NOT NULL, body_line INTEGER NOT NULL, stop_line INTEGER NOT NULL,
    signature TEXT NOT NULL, documentation TEXT NOT NULL, bases TEXT NOT NULL,
    PRIMARY KEY (file, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS symbols_by_name ON symbols (name);
CREATE TABLE IF NOT EXISTS bases (name TEXT NOT NULL, file INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    PRIMARY KEY (name, file, ordinal)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bases_by_file ON bases (file);
CREATE TABLE IF NOT EXISTS imports (
    file INTEGER NOT NULL, ordinal INTEGER NOT NULL, module TEXT NOT NULL, names TEXT NOT NULL, alias TEXT,
    level INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (file, ordinal)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, start_line INTEGER NOT NULL, stop_line INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS chunks_by_file ON chunks (file, start_line);
CREATE TABLE IF NOT EXISTS popular (uses INTEGER NOT NULL, file INTEGER NOT NULL, ordinal INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS chunk_terms USING fts5 (
    terms, language, content='', tokenize="ascii tokenchars '_'"
);
CREATE VIRTUAL TABLE IF NOT EXISTS term_frequencies USING fts5vocab (chunk_terms, 'row');
"""


def language_term(language: str) -> str:
    """Return the term that stands for a language; no identifier begins with a digit as it does."""
    return "0" + re.sub(r"\W", "_", language)


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the database at ``path`` for writing; create it if there is none or none that can be read.

    Raises OSError or sqlite3.OperationalError if the place can't be written or belongs to another user.
    """
    make_private_folder(path.parent)
    # One process at a time: SQLite does not wait but fails if two processes turn to write-ahead logging at
    # once, and a damaged database must not be deleted after another process has rebuilt it.
    with open_private_file(path.with_name("open.lock")) as lock:
        lock_file(lock)
        try:
            return _prepared(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            delete_database(path)
            return _prepared(path)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the database read-only, for use from any thread, one at a time.

    Raises sqlite3.Error or OSError if there is no database yet, or if it belongs to another user.
    """
    require_own_file(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS // 50}")
    return connection


def delete_database(path: Path) -> None:
    """Delete the database. Processes that have it open keep the old one until they open it again."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _make_tables(connection: sqlite3.Connection) -> None:
    """Create the tables that are missing.

    Raises sqlite3.DatabaseError for a database whose tables of these names are others.
    """
    try:
        connection.executescript(_TABLES)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise sqlite3.DatabaseError("foreign") from error
        raise


def _prepared(path: Path) -> sqlite3.Connection:
    # SQLite gives the files beside a database the database's own mode.
    make_private_file(path)
    for beside in (path.with_name(path.name + suffix) for suffix in _SUFFIXES[1:]):
        with suppress(FileNotFoundError):
            beside.chmod(FILE_MODE)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -32000")
        if connection.execute("PRAGMA quick_check (1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection
