"""How many threads compute: all of them for long work, and for short work as many as turn out to be fastest.

A product for one token takes a fraction of a millisecond. Where other programs keep the cores busy, waiting
for a second thread to be scheduled takes many times that, so fewer threads are faster. What is best changes
while the user works; it is found by trying, now and then, on a product of the model's own.
"""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import torch

INTERVAL_S = 2.0
"""So long a choice is kept."""

TOLERANCE = 1.3
"""More threads are taken if they take so many times as long at most: another program may just have been busy,
and what is chosen is kept when it is not any more.
"""

_TRIALS = 5


class ThreadPool:
    """Sets the number of threads for what the calling thread computes."""

    def __init__(
        self,
        probe: Callable[[], object],
        counts: Sequence[int],
        set_threads: Callable[[int], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """``probe`` is a piece of short work; ``counts`` are the numbers to choose from."""
        self._probe = probe
        self._counts = counts
        self._set_threads = set_threads
        self._clock = clock
        self._fastest = max(counts)
        self._tried_at: float | None = None

    def for_long_work(self) -> None:
        """All threads: the work is worth waiting for them."""
        self._set_threads(max(self._counts))

    def for_short_work(self) -> None:
        """As many threads as were fastest lately; tries again if that is long ago."""
        now = self._clock()
        if len(self._counts) > 1 and (self._tried_at is None or now - self._tried_at > INTERVAL_S):
            times = {count: self._time(count) for count in self._counts}
            limit = TOLERANCE * min(times.values())
            self._fastest = max(count for count, time_s in times.items() if time_s <= limit)
            self._tried_at = now
        self._set_threads(self._fastest)

    def _time(self, count: int) -> float:
        self._set_threads(count)
        return median(self._time_once() for _ in range(_TRIALS))

    def _time_once(self) -> float:
        began = self._clock()
        self._probe()
        return self._clock() - began


def thread_counts() -> tuple[int, ...]:
    """All threads that torch would use, half of them, and one."""
    most = torch.get_num_threads()
    return tuple(sorted({most, max(most // 2, 1), 1}))
