"""The number of computing threads: all for long work, and for short work the number that proves fastest.

A product for one token takes a fraction of a millisecond. If other programs keep the cores busy, waiting for
a second thread to be scheduled takes many times that, so fewer threads are faster. The best number changes
while the user works; it is found by a trial, now and then, on a product of the model's own.
"""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import torch

INTERVAL_S = 2.0
"""Seconds for which a choice is kept."""

TOLERANCE = 1.3
"""More threads are taken if they need at most this many times the best time.

Another program may have been busy during the trial only, and the choice is kept afterwards.
"""

# Runs of the probe for each count; their median is compared.
_TRIALS = 5


class ThreadPool:
    """Sets the number of threads for the calling thread's computations."""

    def __init__(
        self,
        probe: Callable[[], object],
        counts: Sequence[int],
        set_threads: Callable[[int], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Make the pool. ``probe`` does a piece of short work; ``counts`` are the numbers to choose from."""
        self._probe = probe
        self._counts = counts
        self._set_threads = set_threads
        self._clock = clock
        self._fastest = max(counts)
        self._tried_at: float | None = None

    def for_long_work(self) -> None:
        """Use all threads: the work is long enough to wait for them."""
        self._set_threads(max(self._counts))

    def for_short_work(self) -> None:
        """Use the number of threads that was fastest, after a new trial if the last one is long ago."""
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
    """Return the counts to try: all threads that torch would use, half of them, and one."""
    most = torch.get_num_threads()
    return tuple(sorted({most, max(most // 2, 1), 1}))
