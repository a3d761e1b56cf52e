"""The attributes that the files of a project set from outside of classes, read again as the files change.

Nothing is parsed and nothing is imported (see ``file_facts``). The work is done in slices, so that no
question waits for a large project. Until all files are read, ``ProjectFacts.is_whole`` is False.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.python.evidence.file_facts import AttributeSite, FileFacts, facts_of
from holesmith.analysis.python.parsing.line_diff import changes_of

FILES_MAX = 20_000
FILE_BYTES_MAX = 1_000_000
SLICE_S = 0.25
"""How much processor time one question may spend on reading files: a project of usual size takes less. What
other programs take from the machine does not count, so that the answer does not hang on them."""
REST_FACTOR = 40
REST_MIN_S = 1.0
"""Between two looks at the folders so many times as long as the last one took, at least so long."""
_SKIPPED_FOLDERS = frozenset(("node_modules", "site-packages", "__pycache__", "dist-packages"))
DOCUMENTS_MAX = 4

Placed = tuple[AttributeSite, FileFacts]


@dataclass(frozen=True, slots=True)
class _Stamp:
    changed_s: float
    size: int


@dataclass(slots=True)
class ProjectFacts:
    """The facts of all Python files below ``root``; ``read`` gives a file's bytes, or raises OSError.

    ``version`` changes with what the files say.
    """

    root: str
    read: Callable[[str], bytes]
    version: int = 0
    declared: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    mixins: frozenset[str] = frozenset()
    sites: dict[str, tuple[Placed, ...]] = field(default_factory=dict[str, tuple[Placed, ...]])
    #: What was concluded from this version, for whoever asked.
    memo: dict[Any, Any] = field(default_factory=dict[Any, Any])
    _files: dict[str, tuple[_Stamp, FileFacts]] = field(default_factory=dict[str, tuple[_Stamp, FileFacts]])
    _pending: dict[str, _Stamp] = field(default_factory=dict[str, _Stamp])
    _looked_s: float = -1e9
    _rest_s: float = 0.0
    _documents: dict[str | None, tuple[list[str], FileFacts]] = field(
        default_factory=dict[str | None, tuple[list[str], FileFacts]]
    )

    @property
    def is_whole(self) -> bool:
        """True if all files were read as they were at the last look."""
        return self._looked_s >= 0 and not self._pending

    def refresh(self) -> None:
        """Look at the folders if it is time, and read what is new there, for a slice of time."""
        now = time.monotonic()
        if now - self._looked_s > self._rest_s:
            self._look()
            self._looked_s = time.monotonic()
            self._rest_s = max(REST_MIN_S, REST_FACTOR * (self._looked_s - now))
        if self._pending:
            self._read_pending(time.thread_time() + SLICE_S)

    def of_lines(self, path: str | None, lines: list[str]) -> FileFacts:
        """Facts of the text of an open document; the list must not be changed afterwards."""
        before = self._documents.pop(path, None)
        is_same = before is not None and (before[0] is lines or _says_the_same(before[0], lines))
        facts = before[1] if before is not None and is_same else facts_of("".join(lines))
        self._documents[path] = lines, facts
        if len(self._documents) > DOCUMENTS_MAX:
            self._documents.pop(next(iter(self._documents)))
        return facts

    def _look(self) -> None:
        found = dict(_python_files(self.root))
        gone = self._files.keys() - found.keys()
        for path in gone:
            del self._files[path]
        self._pending = {
            path: stamp
            for path, stamp in found.items()
            if path not in self._files or self._files[path][0] != stamp
        }
        if gone and not self._pending:
            self._sum_up()

    def _read_pending(self, stop_at: float) -> None:
        while self._pending:
            path, stamp = next(iter(self._pending.items()))
            self._files[path] = stamp, self._facts_in(path, stamp)
            del self._pending[path]
            if time.thread_time() >= stop_at:
                break
        if not self._pending:
            self._sum_up()

    def _facts_in(self, path: str, stamp: _Stamp) -> FileFacts:
        if stamp.size > FILE_BYTES_MAX:
            return facts_of("")  # generated: parsers take no notice of it either
        try:
            return facts_of(self.read(path).decode("utf-8", "replace"))
        except OSError:
            return facts_of("")

    def _sum_up(self) -> None:
        facts = {path: each for path, (_, each) in self._files.items()}
        self.declared = frozenset[str]().union(*(each.declared for each in facts.values()))
        self.bases = frozenset[str]().union(*(each.bases for each in facts.values()))
        self.mixins = frozenset[str]().union(*(each.mixins for each in facts.values()))
        self.sites = {
            path: tuple((site, each) for site in each.sites) for path, each in facts.items() if each.sites
        }
        self.memo = {}
        self.version += 1


def _says_the_same(old: list[str], new: list[str]) -> bool:
    """True if two texts differ only in lines without facts, such as the line that is being typed."""
    return all(
        _says_nothing("".join(old[change.start : change.stop]))
        and _says_nothing("".join(new[change.new_start : change.new_stop]))
        for change in changes_of(old, new)
    )


def _says_nothing(text: str) -> bool:
    facts = facts_of(text)
    has_header = "import" in text or "class" in text or "def" in text
    return not (has_header or facts.sites or facts.declared)


def _python_files(root: str) -> Iterator[tuple[str, _Stamp]]:
    count = 0
    folders = [root]
    while folders:
        for entry in _entries(folders.pop()):
            if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS:
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if not os.path.lexists(os.path.join(entry.path, "pyvenv.cfg")):  # noqa: PTH118 # of each folder
                        folders.append(entry.path)
                elif entry.name.endswith(".py") and count < FILES_MAX:
                    stat = entry.stat(follow_symlinks=False)
                    count += 1
                    yield entry.path, _Stamp(stat.st_mtime, stat.st_size)
            except OSError:
                continue


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


@dataclass(slots=True)
class _Current:
    """jedi's values do not know the project that they were asked for in."""

    facts: ProjectFacts | None = None


_current = _Current()


def look_into(facts: ProjectFacts) -> None:
    """Have questions in this process from now on look into the files of this project."""
    _current.facts = facts


def current_facts() -> ProjectFacts | None:
    """Those of the project that is asked about; None outside of a question."""
    return _current.facts
