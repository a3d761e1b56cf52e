"""The source files of a repository on disk, in a fixed order and without code that is not its own."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.languages import language_of

FILE_BYTES_MAX = 1_000_000
FILES_MAX = 50_000
NOT_OWN = frozenset(("node_modules", "venv", "__pycache__", "build", "dist", "target", "site-packages"))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file.

    ``path`` is relative to the root, with forward slashes; ``text`` has its line ends unchanged.
    """

    path: str
    language: str
    text: str


def source_files(root: Path, language: str | None = None) -> Iterator[SourceFile]:
    """Yield the UTF-8 files in a known language, or in the given one, ordered by path.

    Unreadable files, links and hidden folders are left out, and at most FILES_MAX files are yielded.
    """
    count = 0
    for path in source_paths(root):
        own = language_of(path.name)
        if own == "plaintext" or language not in (None, own) or count == FILES_MAX:
            continue
        text = _text(path)
        if text is not None:
            count += 1
            yield SourceFile(path.relative_to(root).as_posix(), own, text)


def source_paths(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NOT_OWN)
        yield from (Path(folder, name) for name in sorted(names))


def _text(path: Path) -> str | None:
    try:
        if path.is_symlink() or path.stat().st_size > FILE_BYTES_MAX:
            return None
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line, from 1, and the column, from 0, of an offset in characters."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)
