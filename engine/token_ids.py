"""Comparisons of token ids, for all who keep track of what a model has read."""

from collections.abc import Sequence


def shared_length(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the items that two sequences share from the start."""
    shortest = min(len(first), len(second))
    if tuple(first[:shortest]) == tuple(second[:shortest]):  # the usual case, compared without a loop
        return shortest
    return next(at for at in range(shortest) if first[at] != second[at])
