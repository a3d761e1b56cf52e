"""A Fenwick tree: prefix sums of a row of numbers, read and changed in logarithmic time."""

from collections.abc import Sequence


class PrefixSums:
    """Prefix sums of numbers, none of them negative; ``total`` is the sum of all.

    The tree is built again, in linear time, only after the count of numbers has changed.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(numbers)
        self._tree: list[int] = []
        self.total = sum(numbers)

    def before(self, index: int) -> int:
        """The sum of the first ``index`` numbers."""
        tree, total = self._built(), 0
        while index > 0:
            total += tree[index]
            index &= index - 1
        return total

    def find(self, total: int) -> tuple[int, int]:
        """The last index before which the sum is at most ``total``, and that sum."""
        if total >= self.total:
            return len(self._numbers) - 1, self.total - self._numbers[-1]
        tree, index, left = self._built(), 0, total
        step = 1 << (len(self._numbers).bit_length() - 1)
        while step:
            if index + step < len(tree) and tree[index + step] <= left:
                index += step
                left -= tree[index]
            step >>= 1
        return index, total - left

    def replace(self, start: int, stop: int, numbers: Sequence[int]) -> None:
        self.total += sum(numbers) - sum(self._numbers[start:stop])
        if self._tree and len(numbers) == stop - start:
            for index, number in enumerate(numbers, start):
                self._add(index + 1, number - self._numbers[index])
        else:
            self._tree = []
        self._numbers[start:stop] = numbers

    def _add(self, index: int, more: int) -> None:
        while index < len(self._tree):
            self._tree[index] += more
            index += index & -index

    def _built(self) -> list[int]:
        if not self._tree:
            tree = [0, *self._numbers]
            for index in range(1, len(tree)):
                above = index + (index & -index)
                if above < len(tree):
                    tree[above] += tree[index]
            self._tree = tree
        return self._tree
