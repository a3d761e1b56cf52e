"""The lines in which two texts differ."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

DISTANCE_MAX = 400
"""So many lines between the first and the last difference are looked at one by one."""


class Change(NamedTuple):
    """Lines of the old text and those of the new text in their place, counted from 0 and half-open."""

    start: int
    stop: int
    new_start: int
    new_stop: int

    def to(self, later: "Change") -> "Change":
        """This change, a later one of the same texts and what is between them."""
        return Change(self.start, later.stop, self.new_start, later.new_stop)


def changes_of(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """In the order of the texts; a single one where they lie far apart."""
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
    """How many lines are the same at the beginning; slices are compared much faster than line by line."""
    low, high = 0, min(len(some), len(others))
    while low < high:
        middle = (low + high + 1) // 2
        if some[low:middle] == others[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
