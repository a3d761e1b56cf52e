"""The lines in which two texts differ."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Lines between the first and the last difference up to which single differences are looked for.
DISTANCE_MAX = 400


class Change(NamedTuple):
    """Lines of the old text, and the lines of the new text in their place, counted from 0 and half-open."""

    start: int
    stop: int
    new_start: int
    new_stop: int

    def to(self, later: "Change") -> "Change":
        """Return one change that spans this change, a later one of the same texts, and the lines between."""
        return Change(self.start, later.stop, self.new_start, later.new_stop)


def changes_of(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """The changes from ``old`` to ``new``, in order; one for all if they span over ``DISTANCE_MAX`` lines."""
    start = _same_count(old, new)
    same = _same_count(old[: start - 1 if start else None : -1], new[: start - 1 if start else None : -1])
    whole = Change(start, len(old) - same, start, len(new) - same)
    if max(whole.stop, whole.new_stop) - start > DISTANCE_MAX:
        yield whole
        return
    matcher = SequenceMatcher(None, old[start : whole.stop], new[start : whole.new_stop], autojunk=False)
    for kind, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if kind != "equal":
            yield Change(start + old_start, start + old_stop, start + new_start, start + new_stop)


def _same_count(some: Sequence[str], others: Sequence[str]) -> int:
    """The number of equal lines at the beginning, by bisection: slices are compared faster than in a loop."""
    low, high = 0, min(len(some), len(others))
    while low < high:
        middle = (low + high + 1) // 2
        if some[low:middle] == others[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
