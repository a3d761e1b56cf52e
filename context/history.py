"""The user's recent edits and visited files, worked out from the texts of the documents.

Nobody needs to report each keystroke: two states of a document differ in one run of lines, and runs that
touch are one edit.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from holesmith.context.request import RecentEdit

# Documents whose texts are remembered.
DOCUMENTS_MAX = 16
# Edits that are remembered, and lines of one edit that are shown.
EDITS_MAX = 12
EDIT_LINES_MAX = 30
# Edits that are at most this many lines apart are joined.
JOIN_LINES = 3
# A longer document is remembered without its text, so it has no edits.
CHARACTERS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Changed:
    """The changed lines ``start`` to before ``stop`` of a document, as counted when they changed."""

    path: str
    start: int
    stop: int


class History:
    """The edits and visited files of one workspace; paths are relative to its root. Not thread-safe."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._changes: list[Changed] = []  # the latest first

    def note(self, path: str, text: str) -> None:
        """Record that the document is shown in the editor now, and that ``text`` is its text."""
        before = self._texts.pop(path, None)
        self._texts[path] = text if len(text) <= CHARACTERS_MAX else ""
        while len(self._texts) > DOCUMENTS_MAX:
            gone, _ = self._texts.popitem(last=False)
            self._changes = [change for change in self._changes if change.path != gone]
        if before is not None and before != self._texts[path]:
            start, old_stop, stop = changed_lines(before, self._texts[path])
            self._move(path, old_stop, stop - old_stop)
            self._add(Changed(path, start, stop))

    @property
    def visited(self) -> tuple[str, ...]:
        """The paths of the visited documents, the latest first."""
        return tuple(reversed(self._texts))

    @property
    def texts(self) -> Mapping[str, str]:
        """The documents' texts as last seen in the editor, saved or not."""
        return dict(self._texts)

    @property
    def edits(self) -> tuple[RecentEdit, ...]:
        """The recent edits, the latest first, each with its lines as they are now."""
        found: list[RecentEdit] = []
        for change in self._changes:
            lines = self._texts[change.path].split("\n")
            stop = min(change.stop, change.start + EDIT_LINES_MAX)
            text = "\n".join(lines[change.start : stop])
            if text.strip():
                found.append(RecentEdit(change.path, change.start, text))
        return tuple(found)

    def _move(self, path: str, line: int, by: int) -> None:
        """Move the recorded changes below ``line`` of a document by ``by`` lines."""
        self._changes = [
            replace(change, start=change.start + by, stop=change.stop + by)
            if change.path == path and change.start >= line
            else change
            for change in self._changes
        ]

    def _add(self, change: Changed) -> None:
        joined = change
        others: list[Changed] = []
        for other in self._changes:
            is_near = (
                other.path == joined.path
                and other.start <= joined.stop + JOIN_LINES
                and joined.start <= other.stop + JOIN_LINES
            )
            if is_near:
                joined = replace(
                    joined, start=min(joined.start, other.start), stop=max(joined.stop, other.stop)
                )
            else:
                others.append(other)
        self._changes = [joined, *others][:EDITS_MAX]


def changed_lines(before: str, after: str) -> tuple[int, int, int]:
    """Return the run of lines in which two texts differ: its start, and its end in ``before`` and in
    ``after``.
    """
    old, new = before.split("\n"), after.split("\n")
    shortest = min(len(old), len(new))
    start = next((line for line in range(shortest) if old[line] != new[line]), shortest)
    same = 0
    while same < shortest - start and old[-1 - same] == new[-1 - same]:
        same += 1
    return start, len(old) - same, len(new) - same
