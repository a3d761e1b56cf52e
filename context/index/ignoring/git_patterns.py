"""Match the patterns of one ignore file with git's meaning, in bounded time.

Git's own matcher tries every way to place several stars, so a hostile line takes it longer than anybody
waits. Here each star is placed once, as early as possible, which finds a match if there is one: the time is
at most the product of the lengths of pattern and path. As in git, everything is bytes: ``?`` is one byte.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from holesmith.context.index.ignoring.wildcards import Component, components_of, matches

# Longer lines are left out: no path is that long.
LINE_BYTES_MAX = 4_096
# A file with more lines ignores everything: nobody writes as many.
LINES_MAX = 100_000
# The most patterns with wildcards: each must be tried with each path.
WILDCARDS_MAX = 2_000
_BOM = b"\xef\xbb\xbf"
_SPECIAL = re.compile(rb"[*?\[\\]")


class TooManyPatternsError(ValueError):
    """An ignore file has more patterns than anybody writes."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line. ``literal`` is the start of the path; ``components`` must match the rest (None: no rest).

    ``anywhere`` says that the pattern is matched with the last part of a path alone.
    """

    negative: bool
    folders_only: bool
    anywhere: bool
    literal: bytes
    components: tuple[Component, ...] | None

    def matches(self, path: bytes, name: bytes) -> bool:
        assert self.components is not None, "what has no wildcards is looked up"
        text = name if self.anywhere else path
        rest = text[len(self.literal) :]
        return text.startswith(self.literal) and matches(self.components, rest.split(b"/"))


class Patterns:
    """All lines of one ignore file; the last line that matches decides."""

    def __init__(self, data: bytes, *, ignore_case: bool = False) -> None:
        """Read the lines; ``ignore_case`` is for ASCII letters, as in git. Raises TooManyPatternsError."""
        self._ignore_case = ignore_case
        # The last pattern of each kind without wildcards, by [path or name, anywhere, folders only].
        self._literal: dict[tuple[bytes, bool, bool], tuple[int, bool]] = {}
        self._wild: list[tuple[int, _Pattern]] = []
        for number, line in enumerate(_lines(data)):
            if number >= LINES_MAX or len(self._wild) >= WILDCARDS_MAX:
                raise TooManyPatternsError
            pattern = _pattern(line, ignore_case=ignore_case)
            if pattern.components is None:
                kind = (pattern.literal, pattern.anywhere, pattern.folders_only)
                self._literal[kind] = (number, not pattern.negative)
            else:
                self._wild.append((number, pattern))
        self._wild.reverse()

    def __bool__(self) -> bool:
        return bool(self._literal or self._wild)

    def decision(self, path: bytes, *, is_folder: bool) -> bool | None:
        """Return True if a path is ignored, False if a line with ``!`` takes it in, None if no line matches
        it.

        ``path`` is relative to the ignore file's folder.
        """
        if self._ignore_case:
            path = path.lower()
        name = path.rpartition(b"/")[2]
        kinds = [(path, False, False), (name, True, False)]
        kinds += [(path, False, True), (name, True, True)] if is_folder else []
        last, decision = max(
            (self._literal[kind] for kind in kinds if kind in self._literal), default=(-1, None)
        )
        for number, pattern in self._wild:
            if number < last:
                break
            if (is_folder or not pattern.folders_only) and pattern.matches(path, name):
                return not pattern.negative
        return decision


def _lines(data: bytes) -> Iterator[bytes]:
    for line in data.removeprefix(_BOM).split(b"\n"):
        if line and not line.startswith(b"#") and len(line) <= LINE_BYTES_MAX:
            yield _without_trailing_spaces(line.removesuffix(b"\r").partition(b"\0")[0])


def _without_trailing_spaces(line: bytes) -> bytes:
    """Strip trailing spaces, but not a space behind a backslash."""
    end = len(line.rstrip(b" "))
    backslashes = end - len(line[:end].rstrip(b"\\"))
    return line[: end + 1] if backslashes % 2 and end < len(line) else line[:end]


def _pattern(line: bytes, *, ignore_case: bool) -> _Pattern:
    negative = line.startswith(b"!")
    line = line[negative:]
    folders_only = line.endswith(b"/")
    line = line[: len(line) - folders_only]
    anywhere = b"/" not in line
    line = line.removeprefix(b"/")
    special = _SPECIAL.search(line)
    literal = line[: special.start()] if special else line
    if ignore_case:
        literal = literal.lower()
    components = None
    if special:
        wild = line[special.start() :]
        components = components_of(wild, in_path=not anywhere, ignore_case=ignore_case)
    return _Pattern(negative, folders_only, anywhere, literal, components)
