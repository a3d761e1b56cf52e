"""Files that end the process that reads them: noted beforehand, and left out by the next process.

A parser written in C can take minutes, fill the memory or crash on text that is made to do that, and nothing
in the process can stop it. So the system ends a process that takes too long over one file, counted in the
time that it had a processor, and the process notes what it reads where the next one finds it.
"""

import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holesmith.system.file_lock import lock_file, try_lock_file
from holesmith.system.private_files import open_private_file
from holesmith.system.timers import ending_process

# A file of the largest size that is indexed takes less than a second.
READING_S_MAX = 4.0
# Below this, no text takes long.
BYTES_MIN = 4_000
_PREFIX = "reading-"


class ReadingNote:
    """What one process reads just now, in a file of its own that is locked for as long as it lives."""

    def __init__(self, folder: Path, reading_s_max: float = READING_S_MAX) -> None:
        """``folder`` is that of the index. Raises OSError if it can't be written."""
        self._reading_s_max = reading_s_max
        self._path = folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._file = open_private_file(self._path)
        lock_file(self._file)

    @contextmanager
    def reading(self, path: str, size: int) -> Generator[None]:
        """Around the reading of a file; the system ends the process after ``reading_s_max`` of its time."""
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
        self._file.close()  # first: Windows removes no open file
        self._path.unlink(missing_ok=True)

    def _write(self, note: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(note)
        self._file.flush()


def fatal_files(folder: Path) -> Iterator[str]:
    """The files that were being read when processes ended, each once; their notes are removed.

    A process that is ended on purpose leaves a note too: who starts the next one must know which it was.
    """
    for note in sorted(folder.glob(f"{_PREFIX}*")):
        path = ""
        with suppress(OSError):
            with open_private_file(note) as file:
                try_lock_file(file)  # fails where its process is alive
                path = file.read(65_536).decode("utf-8", "replace")
            note.unlink()
        if path:
            yield path
