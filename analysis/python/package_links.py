"""The folders that an environment's packages name besides their own: ``.pth`` files and editable installs.

They are read and never run. An environment may be the workspace's own, so there is a bound to what all its
files together may cost; folders beyond it are left out.
"""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from holesmith.analysis.files.regular_file import regular_file_or_none

FILES_MAX = 2_000
ENTRIES_MAX = 2_000
FILE_BYTES_MAX = 1_000_000
BYTES_MAX = 2_000_000


def with_links(packages: Iterable[Path]) -> tuple[str, ...]:
    """Each folder of packages, followed by those that its files name, without doubles."""
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
    """False also for what the system takes for no path at all, such as a name that is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


class _Budget:
    """What is left of the bounds, for all files together."""

    def __init__(self) -> None:
        self._files = FILES_MAX
        self._bytes = BYTES_MAX
        self._entries = ENTRIES_MAX
        self._home = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111 # never fails

    def texts(self, folder: Path, pattern: str) -> Iterator[str]:
        """Of the files in the folder that have such a name, in the order of their names."""
        for file in sorted(folder.glob(pattern)):
            if min(self._files, self._bytes, self._entries) <= 0:
                return
            self._files -= 1
            data = regular_file_or_none(file, min(FILE_BYTES_MAX, self._bytes)) or b""
            self._bytes -= len(data)
            yield data.decode("utf-8", "replace")

    def takes(self) -> bool:
        """Whether one more entry of a file may be looked at."""
        self._entries -= 1
        return self._entries >= 0

    def is_too_wide(self, folder: Path) -> bool:
        """Whether it holds the whole home of the user, and so everything; packages are not kept there."""
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
    """The parents of the packages that setuptools' editable finder maps, read as a literal."""
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
