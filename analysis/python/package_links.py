"""Find the folders that an environment's packages add in ``.pth`` files and editable installs.

These files are read and never run. An environment may belong to the untrusted workspace, so all its files
together may only cost a bounded effort; folders beyond the bounds are left out.
"""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from holesmith.analysis.files.regular_file import regular_file_or_none

# Files, and entries in them, that are read of one environment.
FILES_MAX = 2_000
ENTRIES_MAX = 2_000
# Bytes of one file, and of all files together.
FILE_BYTES_MAX = 1_000_000
BYTES_MAX = 2_000_000


def with_links(packages: Iterable[Path]) -> tuple[str, ...]:
    """Return each folder of packages, followed by the folders that its files name, without duplicates."""
    budget = _Budget()
    found: dict[str, None] = {}
    for folder in packages:
        found[str(folder)] = None
        for text in budget.texts(folder, "*.pth"):
            found.update((str(path), None) for path in _linked(folder, text, budget))
        for text in budget.texts(folder, "__editable___*_finder.py"):
            found.update((str(path), None) for path in _mapped(text, budget))
    return tuple(found)


def is_folder(path: Path) -> bool:
    """True if a path is a folder; False also for an invalid path, such as a name that is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


class _Budget:
    """The files, entries and bytes that may still be read."""

    def __init__(self) -> None:
        self._files = FILES_MAX
        self._bytes = BYTES_MAX
        self._entries = ENTRIES_MAX
        self._home = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111 # never fails

    def texts(self, folder: Path, pattern: str) -> Iterator[str]:
        """The texts of the files in a folder that match a pattern, in the order of their names."""
        for file in sorted(folder.glob(pattern)):
            if min(self._files, self._bytes, self._entries) <= 0:
                return
            self._files -= 1
            data = regular_file_or_none(file, min(FILE_BYTES_MAX, self._bytes)) or b""
            self._bytes -= len(data)
            yield data.decode("utf-8", "replace")

    def takes(self) -> bool:
        """Count one more entry of a file; False if it may not be looked at."""
        self._entries -= 1
        return self._entries >= 0

    def is_too_wide(self, folder: Path) -> bool:
        """True if a folder contains the user's whole home; nobody keeps packages there."""
        return self._home.is_relative_to(os.path.realpath(folder))


def _linked(folder: Path, pth: str, budget: _Budget) -> Iterator[Path]:
    for line in pth.splitlines():
        if not budget.takes():
            return
        target = folder / line.strip()
        is_code = line.startswith(("import ", "import\t", "#"))
        if line.strip() and not is_code and is_folder(target) and not budget.is_too_wide(target):
            yield target


def _mapped(finder: str, budget: _Budget) -> Iterator[Path]:
    """The parent folders of the packages in the mapping of setuptools' editable finder.

    The mapping is read from the finder's text as a literal.
    """
    match = re.search(r"^MAPPING(?::[^=\n]+)?= (\{.*\})\s*$", finder, re.M)
    try:
        mapping = ast.literal_eval(match[1]) if match else {}
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return
    for package, path in mapping.items() if isinstance(mapping, dict) else ():
        if not budget.takes():
            return
        target = Path(str(path))
        if target.name == str(package) and is_folder(target.parent):
            yield target.parent
