"""Make the index's entry of one file: read, parse and cut it, without touching the database."""

from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.languages import language_of
from holesmith.analysis.outline.symbols import FileSymbols, symbols_of
from holesmith.context.index.chunks import Chunk, chunks_of
from holesmith.context.index.files import FoundFile, Limits, read_source


@dataclass(frozen=True, slots=True)
class FileEntry:
    """The index's entry of one file.

    A file that was left out has no chunks and no symbols, and ``skipped`` says why.
    """

    found: FoundFile
    language: str
    chunks: tuple[Chunk, ...]
    symbols: FileSymbols
    skipped: str | None = None

    @property
    def lines(self) -> int:
        return self.chunks[-1].stop_line if self.chunks else 0


def entry_of(root: Path, found: FoundFile, limits: Limits) -> FileEntry:
    """Read a file and return its entry.

    Raises SkippedFileError for a file that can't be read or is not to be indexed.
    """
    language = language_of(found.path)
    text = read_source(root, found, limits)
    symbols = symbols_of(language, text)
    return FileEntry(found, language, chunks_of(text, symbols.symbols), symbols)


def skipped_entry(found: FoundFile, reason: str) -> FileEntry:
    """Return the entry of a file that is left out.

    It is stored too, so that the next scan need not read the file again to leave it out again.
    """
    return FileEntry(found, language_of(found.path), (), FileSymbols((), ()), reason)
