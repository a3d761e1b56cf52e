"""Find the source files of a workspace, and read one within limits.

Links are not followed: a link may lead out of the workspace or in a circle, and its target inside the
workspace is found by its own name. The walk goes level by level, so that files near the root come first.
"""

import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from holesmith.analysis.files.regular_file import UnreadableFileError, read_without_links
from holesmith.analysis.languages import language_of
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of indexing: files beyond them are left out, each with the reason.

    ``line_characters_mean_max`` tells minified and generated data from code that people write. Files not
    found within ``walk_s_max`` seconds are left out.
    """

    bytes_max: int = 1_000_000
    line_characters_mean_max: int = 200
    files_max: int = 100_000
    depth_max: int = 64
    walk_s_max: float = 120.0


# Dates that the database can't hold, such as those after the year 2262, count as the nearest one it can.
_MODIFIED_NS_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A source file of the workspace. ``path`` is relative to the root, with forward slashes."""

    path: str
    bytes: int
    modified_ns: int


class SkippedFileError(Exception):
    """A file is not indexed; the message says why, in a few words."""


def walk(root: Path, rules: IgnoreRules, limits: Limits) -> Iterator[FoundFile]:
    """Yield every source file that is not ignored, of any size, up to ``files_max`` and ``walk_s_max``."""
    deadline = time.monotonic() + limits.walk_s_max
    folders: deque[tuple[str, int]] = deque([("", 0)])
    count = 0
    while folders:
        folder, depth = folders.popleft()
        for entry in _entries(root / folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if depth < limits.depth_max and not rules.is_folder_ignored(path):
                        folders.append((path, depth + 1))
                elif is_source(path) and _is_text(path) and entry.is_file(follow_symlinks=False):
                    if rules.is_file_ignored(path):
                        continue
                    status = entry.stat(follow_symlinks=False)
                    yield _found(path, status)
                    count += 1
            except OSError:
                continue
            if count >= limits.files_max or time.monotonic() > deadline:
                return


def is_source(path: str) -> bool:
    """True if the index has a grammar for the language of the file."""
    return language_of(path) in LANGUAGES


def found_file(root: Path, path: str, rules: IgnoreRules) -> FoundFile | None:
    """Return the file at ``path`` if ``walk`` would find it; None if it is gone or ignored."""
    try:
        if not is_source(path) or not _is_plain(root, path) or rules.is_ignored(path):
            return None
        status = (root / path).stat(follow_symlinks=False)
    except OSError:
        return None
    return _found(path, status)


def is_inside(path: str) -> bool:
    """True if a relative path, by its spelling, is one of a file below the root: ``a/b.py``."""
    parts = path.split("/")
    return "\0" not in path and _is_text(path) and not {"", ".", ".."}.intersection(parts)


def read_source(root: Path, found: FoundFile, limits: Limits) -> str:
    """Return a file's text with its line ends unchanged. Raises SkippedFileError."""
    if found.bytes > limits.bytes_max:
        raise SkippedFileError("too large")
    try:
        data = read_without_links(root, found.path, limits.bytes_max)
    except UnreadableFileError as error:
        raise SkippedFileError(str(error)) from error
    if b"\0" in data:
        raise SkippedFileError("binary")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SkippedFileError("not UTF-8") from error
    if len(text) > limits.line_characters_mean_max * (text.count("\n") + 4):
        raise SkippedFileError("minified")
    return text


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_text(path: str) -> bool:
    """True if a path can be stored and shown: a name that is not UTF-8 can't."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(root: Path, path: str) -> bool:
    """True if ``path`` is a regular file below the root that no link leads to."""
    if not is_inside(path):
        return False
    place = root
    for part in PurePosixPath(path).parts:
        place = place / part
        if place.is_symlink():
            return False
    return place.is_file()


def _found(path: str, status: os.stat_result) -> FoundFile:
    modified_ns = max(-_MODIFIED_NS_MAX, min(status.st_mtime_ns, _MODIFIED_NS_MAX))
    return FoundFile(path, status.st_size, modified_ns)
