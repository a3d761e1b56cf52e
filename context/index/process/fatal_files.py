"""Files that end the process that reads them: a note is made beforehand, and the next process skips them.

A parser written in C can take minutes, fill the memory or crash on text that is made for that, and nothing in
the process can stop it. So the system ends a process that takes too long over one file, in processor time,
and the process writes down which file it reads, for the next process to find.
"""

import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holesmith.system.file_lock import lock_file, try_lock_file
from holesmith.system.private_files import open_private_file
from holesmith.system.timers import ending_process

# Seconds of processor time; a file of the largest size that is indexed takes less than a second.
READING_S_MAX = 4.0
# Bytes; below this size, no text takes long.
BYTES_MIN = 4_000
_PREFIX = "reading-"


class ReadingNote:
    """The note of the file that a process is reading, in a file of its own that is locked while it lives."""

    def __init__(self, folder: Path, reading_s_max: float = READING_S_MAX) -> None:
        """``folder`` is the index's folder. Raises OSError if it can't be written."""
        self._reading_s_max = reading_s_max
        self._path = folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._file = open_private_file(self._path)
        lock_file(self._file)

    @contextmanager
    def reading(self, path: str, size: int) -> Generator[None]:
        """Note a file while it is read; the system ends the process after ``reading_s_max`` of processor
        time.
        """
        if size < BYTES_MIN:
            yield
            return
        self._write(path.encode())
        try:
            with ending_process(self._reading_s_max):
                yield
        finally:
            self._write(b"")

    def close(self) -> None:
        """Delete the note."""
        self._file.close()  # first, because Windows removes no open file
        self._path.unlink(missing_ok=True)

    def _write(self, note: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(note)
        self._file.flush()


def fatal_files(folder: Path) -> Iterator[str]:
    """Yield the files that were being read when processes ended, each once, and remove the notes.

    A process that is ended on purpose leaves a note too: the caller must know how the process ended.
    """
    for note in sorted(folder.glob(f"{_PREFIX}*")):
        path = ""
        with suppress(OSError):
            with open_private_file(note) as file:
                try_lock_file(file)  # fails if the note's process is alive
                path = file.read(65_536).decode("utf-8", "replace")
            note.unlink()
        if path:
            yield path
