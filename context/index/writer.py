"""Change the tables of an index: store a file's entry, or remove a file.

Each change is part of the transaction that the caller holds open, so a reader sees the old entry or the new.
"""

import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from holesmith.analysis.outline.symbols import Symbol
from holesmith.context.identifiers import terms_of
from holesmith.context.index.chunks import Chunk
from holesmith.context.index.entry import FileEntry
from holesmith.context.index.schema import language_term

_StoredChunk = tuple[int, int, int, str]  # [row id, start line, stop line, text]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Hold a transaction open.

    Waits for other writers up to the busy timeout, then raises sqlite3.OperationalError.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def store(connection: sqlite3.Connection, entry: FileEntry) -> None:
    """Replace the stored entry of a file by ``entry``; chunks whose text did not change stay."""
    if _language(connection, entry.found.path) not in (None, entry.language):
        remove(connection, entry.found.path)
    file = _store_file(connection, entry)
    _store_symbols(connection, file, entry.symbols.symbols)
    connection.execute("DELETE FROM imports WHERE file = ?", (file,))
    connection.executemany(
        "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (file, ordinal, each.module, json.dumps(each.names), each.alias, each.level, each.line)
            for ordinal, each in enumerate(entry.symbols.imports)
        ),
    )
    _store_chunks(connection, file, entry.language, entry.chunks)


def remove(connection: sqlite3.Connection, path: str) -> bool:
    """Remove the file at ``path`` from the index; True if it was there."""
    row = connection.execute("SELECT id, language FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return False
    file: int = row[0]
    _store_chunks(connection, file, row[1], ())
    _store_symbols(connection, file, ())
    connection.execute("DELETE FROM imports WHERE file = ?", (file,))
    connection.execute("DELETE FROM files WHERE id = ?", (file,))
    return True


def _store_file(connection: sqlite3.Connection, entry: FileEntry) -> int:
    found = entry.found
    folder = str(PurePosixPath(found.path).parent)
    row = connection.execute(
        "INSERT INTO files (path, folder, language, bytes, modified_ns, lines) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, modified_ns = excluded.modified_ns,"
        " lines = excluded.lines, language = excluded.language RETURNING id",
        (found.path, folder, entry.language, found.bytes, found.modified_ns, entry.lines),
    ).fetchone()
    return row[0]


def _store_symbols(connection: sqlite3.Connection, file: int, symbols: Sequence[Symbol]) -> None:
    connection.execute("DELETE FROM symbols WHERE file = ?", (file,))
    connection.execute("DELETE FROM bases WHERE file = ?", (file,))
    connection.executemany(
        "INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                file,
                ordinal,
                each.name,
                each.kind,
                each.parent,
                each.start_line,
                each.body_line,
                each.stop_line,
                each.signature,
                each.documentation,
                " ".join(each.bases),
            )
            for ordinal, each in enumerate(symbols)
        ),
    )
    connection.executemany(
        "INSERT INTO bases VALUES (?, ?, ?)",
        ((base, file, ordinal) for ordinal, each in enumerate(symbols) for base in each.bases),
    )


def _language(connection: sqlite3.Connection, path: str) -> str | None:
    """Return the language that the file was stored with; None if it is not stored."""
    row = connection.execute("SELECT language FROM files WHERE path = ?", (path,)).fetchone()
    return None if row is None else row[0]


def _store_chunks(connection: sqlite3.Connection, file: int, language: str, chunks: Sequence[Chunk]) -> None:
    stored: list[_StoredChunk] = connection.execute(
        "SELECT id, start_line, stop_line, text FROM chunks WHERE file = ?", (file,)
    ).fetchall()
    unclaimed: dict[str, list[_StoredChunk]] = {}
    for row in stored:
        unclaimed.setdefault(row[3], []).append(row)
    new: list[Chunk] = []
    for chunk in chunks:
        same = unclaimed.get(chunk.text)
        if not same:
            new.append(chunk)
            continue
        row_id, start_line, stop_line, _ = same.pop()
        if (start_line, stop_line) != (chunk.start_line, chunk.stop_line):
            connection.execute(
                "UPDATE chunks SET start_line = ?, stop_line = ? WHERE id = ?",
                (chunk.start_line, chunk.stop_line, row_id),
            )
    for row_id, _, _, text in (row for rows in unclaimed.values() for row in rows):
        connection.execute(
            "INSERT INTO chunk_terms (chunk_terms, rowid, terms, language) VALUES ('delete', ?, ?, ?)",
            (row_id, " ".join(terms_of(text)), language_term(language)),
        )
        connection.execute("DELETE FROM chunks WHERE id = ?", (row_id,))
    for chunk in new:
        row_id = connection.execute(
            "INSERT INTO chunks (file, start_line, stop_line, text) VALUES (?, ?, ?, ?)",
            (file, chunk.start_line, chunk.stop_line, chunk.text),
        ).lastrowid
        connection.execute(
            "INSERT INTO chunk_terms (rowid, terms, language) VALUES (?, ?, ?)",
            (row_id, " ".join(terms_of(chunk.text)), language_term(language)),
        )
