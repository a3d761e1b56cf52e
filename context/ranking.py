"""Ranked lists: where to cut a list, and how much of a text is known already."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

Item = TypeVar("Item")

# A drop smaller than this share of the best score is no gap, so the list is not cut there.
GAP_SHARE_MIN = 0.2
# A text says the same as another if this share of its lines stands in the other.
SAME_SHARE = 0.7


def until_gap(items: Sequence[Item], scores: Sequence[float]) -> Sequence[Item]:
    """Return the beginning of a list, best first, up to the step at which the score falls most.

    Source: the gap rule of SAGE, which cuts a ranked list by its own scores instead of at a fixed number.
    """
    drops = [before - after for before, after in pairwise(scores)]
    if not drops or max(drops) < GAP_SHARE_MIN * scores[0]:
        return items
    return items[: drops.index(max(drops)) + 1]


def telling_lines(text: str) -> frozenset[str]:
    """Return the lines that have a letter, without the white space at their ends."""
    stripped = (line.strip() for line in text.splitlines())
    return frozenset(line for line in stripped if any(map(str.isalpha, line)))


def share_known(text: str, known: frozenset[str]) -> float:
    """Return the share of the telling lines of ``text`` that are in ``known``; 0 if it has no such line."""
    lines = telling_lines(text)
    return len(lines & known) / len(lines) if lines else 0.0
