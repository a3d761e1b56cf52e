"""Read an index, for the sources of snippets: from any thread, and never with an error.

An index that is missing, damaged or being rebuilt gives no results; a reader notices nothing else. It reads
the state of the last committed transaction, even while another process writes.
"""

import json
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holesmith.analysis.outline.import_statements import Import
from holesmith.analysis.outline.symbols import Symbol
from holesmith.context.index.schema import language_term, open_reader

# A term in more chunks than this says little and costs much time.
TERM_CHUNKS_MAX = 4_000
# Terms of one search: the rarest, which find the most.
QUERY_TERMS_MAX = 24
# Paths that are kept in memory.
PATHS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk of a file. ``score`` is BM25's, above 0, higher is better; 0 if there was no query."""

    path: str
    start_line: int
    stop_line: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class IndexedSymbol:
    """A symbol of a file. ``ordinal`` is its place in the file, to which ``symbol.parent`` refers."""

    path: str
    ordinal: int
    symbol: Symbol


class Index:
    """A reader of one database, which is opened at the first query, and again after it was rebuilt."""

    def __init__(self, database: Path | None) -> None:
        """``database`` is None if there is no place for a database: such an index gives no results."""
        self._path = database
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._paths: frozenset[str] = frozenset()
        self._paths_version: list[Any] = []
        self._last_search: tuple[tuple[Any, ...], list[Any], tuple[IndexedChunk, ...]] | None = None

    def close(self) -> None:
        with self._lock:
            self._drop()

    def search(
        self, terms: Sequence[str], limit: int, without: str = "", languages: Sequence[str] = ()
    ) -> tuple[IndexedChunk, ...]:
        """Return the chunks with the most and the rarest of ``terms``, best first.

        No chunk is of the file ``without``; all are in ``languages``, unless that is empty. The last result
        is kept, because several sources ask the same query.
        """
        asked = (tuple(terms), limit, without, tuple(languages))
        last = self._last_search
        if last is not None and last[0] == asked and last[1] == self._version():
            return last[2]
        version = self._version()
        found = self._search(terms, limit, without, languages)
        self._last_search = (asked, version, found)
        return found

    def _version(self) -> list[Any]:
        """Return a value that changes whenever another process writes; empty if there is no database."""
        return self._rows("PRAGMA data_version", ())

    def _search(
        self, terms: Sequence[str], limit: int, without: str, languages: Sequence[str]
    ) -> tuple[IndexedChunk, ...]:
        rare = self._rarest(terms)
        if not rare:
            return ()
        rows = self._rows(
            "SELECT files.path, chunks.start_line, chunks.stop_line, chunks.text, -hits.score FROM ("
            " SELECT rowid AS id, bm25(chunk_terms, 1.0, 0.0) AS score FROM chunk_terms"
            " WHERE chunk_terms MATCH ? ORDER BY score LIMIT ?) AS hits JOIN chunks ON chunks.id = hits.id"
            " JOIN files ON files.id = chunks.file WHERE files.path != ? ORDER BY hits.score LIMIT ?",
            (_match(rare, languages), limit + 16, without, limit),
        )
        return tuple(IndexedChunk(*row) for row in rows)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return the number of chunks that contain each of ``terms``; terms in none are left out."""
        asked = list(terms)[:512]
        rows = self._rows(
            f"SELECT term, doc FROM term_frequencies WHERE term IN ({_marks(asked)})",  # noqa: S608  # marks only
            asked,
        )
        return dict(rows)

    def text(self, path: str) -> str | None:
        """Return the file's text as it was indexed; None if the file is not in the index."""
        rows = self._rows(
            "SELECT chunks.text FROM chunks JOIN files ON files.id = chunks.file WHERE files.path = ?"
            " ORDER BY chunks.start_line",
            (path,),
        )
        return "".join(text for (text,) in rows) if rows else None

    def chunks(self, path: str) -> tuple[IndexedChunk, ...]:
        """Return the chunks of a file, in the order of the text."""
        rows = self._rows(
            "SELECT files.path, start_line, stop_line, text, 0.0 FROM chunks JOIN files ON files.id ="
            " chunks.file WHERE files.path = ? ORDER BY start_line",
            (path,),
        )
        return tuple(IndexedChunk(*row) for row in rows)

    def symbols(self, path: str) -> tuple[Symbol, ...]:
        """Return the symbols of a file, in the order of the text."""
        rows = self._rows(f"{_SYMBOL_QUERY} WHERE files.path = ? ORDER BY ordinal", (path,))
        return tuple(_indexed_symbol(row).symbol for row in rows)

    def definitions(
        self, names: Sequence[str], limit: int = 200, languages: Sequence[str] = ()
    ) -> tuple[IndexedSymbol, ...]:
        """Return the symbols with one of ``names``, exactly as spelt; only in ``languages``, unless that is
        empty.
        """
        asked = list(names)[:256]
        rows = self._rows(
            f"{_SYMBOL_QUERY} WHERE name IN ({_marks(asked)}){_in_languages(languages)} LIMIT ?",
            [*asked, *languages, limit],
        )
        return tuple(map(_indexed_symbol, rows))

    def subclasses(self, names: Sequence[str], limit: int = 50) -> tuple[IndexedSymbol, ...]:
        """Return the classes whose base is named by one of ``names``."""
        asked = list(names)[:64]
        rows = self._rows(
            f"{_SYMBOL_QUERY} JOIN bases ON bases.file = symbols.file AND bases.ordinal = symbols.ordinal"
            f" WHERE bases.name IN ({_marks(asked)}) LIMIT ?",
            [*asked, limit],
        )
        return tuple(map(_indexed_symbol, rows))

    def popular(self, limit: int, languages: Sequence[str]) -> tuple[tuple[IndexedSymbol, int], ...]:
        """Return the most used definitions in ``languages``, each with its number of chunks, as of the last
        scan.
        """
        rows = self._rows(
            f"{_SYMBOL_QUERY_WITH_USES} JOIN popular ON popular.file = symbols.file"
            f" AND popular.ordinal = symbols.ordinal WHERE files.language IN ({_marks(languages)})"
            " ORDER BY popular.uses DESC, files.path LIMIT ?",
            (*languages, limit),
        )
        return tuple((_indexed_symbol(row[:-1]), row[-1]) for row in rows)

    def imports(self, path: str) -> tuple[Import, ...]:
        """Return the import statements of a file, in the order of the text."""
        rows = self._rows(
            "SELECT module, names, alias, level, line FROM imports JOIN files ON files.id = imports.file"
            " WHERE files.path = ? ORDER BY ordinal",
            (path,),
        )
        return tuple(map(_import, rows))

    def importers(self, names: Sequence[str], limit: int = 400) -> tuple[tuple[str, Import], ...]:
        """Return import statements that list one of ``names``, each with the path of its file."""
        asked = [f'["{name}",' for name in names][:32]
        if not asked:
            return ()
        clauses = " OR ".join(["instr(names, ?)"] * len(asked))
        rows = self._rows(
            "SELECT files.path, module, names, alias, level, line FROM imports"  # noqa: S608  # marks only
            f" JOIN files ON files.id = imports.file WHERE {clauses} LIMIT ?",
            [*asked, limit],
        )
        return tuple((path, _import(row)) for path, *row in rows)

    def paths(self) -> frozenset[str]:
        """Return the paths of all files, up to PATHS_MAX; kept until another process writes."""
        version = self._version()
        if not version or version != self._paths_version:
            rows = self._rows("SELECT path FROM files LIMIT ?", (PATHS_MAX,))
            self._paths = frozenset(path for (path,) in rows)
            self._paths_version = version
        return self._paths

    def paths_in(self, folder: str, limit: int = 200) -> tuple[str, ...]:
        """Return the files directly in ``folder``; ``.`` is the root."""
        rows = self._rows("SELECT path FROM files WHERE folder = ? ORDER BY path LIMIT ?", (folder, limit))
        return tuple(path for (path,) in rows)

    def paths_ending(self, names: Sequence[str], limit: int = 50) -> tuple[str, ...]:
        """Return the files whose path ends with one of ``names``, as whole components."""
        asked = list(names)[:32]
        if not asked:
            return ()
        clauses = " OR ".join(["path = ? OR path LIKE ? ESCAPE '\\'"] * len(asked))
        values = [value for name in asked for value in (name, "%/" + _escaped(name))]
        rows = self._rows(f"SELECT path FROM files WHERE {clauses} LIMIT ?", [*values, limit])  # noqa: S608  # marks only
        return tuple(path for (path,) in rows)

    def _rarest(self, terms: Sequence[str]) -> list[str]:
        """Return the terms to search with: those in any chunk but not in very many, the rarest first."""
        counts = self.frequencies(tuple(dict.fromkeys(terms)))
        useful = [term for term, count in counts.items() if count <= TERM_CHUNKS_MAX]
        return sorted(useful, key=lambda term: (counts[term], term))[:QUERY_TERMS_MAX]

    def _rows(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            try:
                connection = self._open()
                return connection.execute(query, values).fetchall()
            except (sqlite3.Error, OSError):
                self._drop()
                return []

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            raise sqlite3.OperationalError("there is no database")
        inode = self._path.stat().st_ino
        if self._connection is None or inode != self._inode:
            self._drop()
            self._connection, self._inode = open_reader(self._path), inode
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._paths_version = []
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


_SYMBOL_COLUMNS = (
    "files.path, symbols.ordinal, symbols.name, kind, parent, start_line, body_line, stop_line,"
    " signature, documentation, symbols.bases"
)
_SYMBOL_TABLES = "symbols JOIN files ON files.id = symbols.file"
_SYMBOL_QUERY = f"SELECT {_SYMBOL_COLUMNS} FROM {_SYMBOL_TABLES}"  # noqa: S608  # fixed names
_SYMBOL_QUERY_WITH_USES = f"SELECT {_SYMBOL_COLUMNS}, popular.uses FROM {_SYMBOL_TABLES}"  # noqa: S608  # fixed names


def _indexed_symbol(row: tuple[Any, ...]) -> IndexedSymbol:
    path, ordinal, *fields, bases = row
    return IndexedSymbol(path, ordinal, Symbol(*fields, bases=tuple(bases.split())))


def _import(row: Sequence[Any]) -> Import:
    module, names, alias, level, line = row
    return Import(module, tuple((name, own) for name, own in json.loads(names)), alias, level, line)


def _match(terms: Sequence[str], languages: Sequence[str]) -> str:
    """Return the search in FTS5's query language: one of the terms, in one of the languages."""
    search = f"terms : ({' OR '.join(_quoted(terms))})"
    any_language = " OR ".join(_quoted([language_term(language) for language in languages]))
    return f"{search} AND language : ({any_language})" if languages else search


def _quoted(terms: Sequence[str]) -> list[str]:
    return [f'"{term}"' for term in terms]


def _in_languages(languages: Sequence[str]) -> str:
    return f" AND files.language IN ({_marks(languages)})" if languages else ""


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
