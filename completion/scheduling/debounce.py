"""The debounce: how long to wait before the engine is asked, so that no work is lost on typed-over
keystrokes.

While keys come faster than the engine answers, a request is most likely cancelled by the next key; waiting a
little more than one gap between keys lets the last key of a burst through and spares the others. An engine
that is quick compared with the typist is asked at once. Until that is known, an ordinary typist and a slow
engine are assumed: the first answers are the slowest. Accepted completions shorten the wait, ignored ones
lengthen it.
"""

import asyncio
from collections import deque
from statistics import median

# Seconds. A longer gap is a pause and says nothing about the rhythm of typing; a shorter one is between two
# requests for the same key, such as those for ghost text and for the menu.
GAP_SECONDS_MIN, GAP_SECONDS_MAX = 0.02, 1.0
# Seconds between two keys of an ordinary typist.
GAP_SECONDS_USUAL = 0.14
# The gaps and costs of which the medians are taken.
GAPS_MAX = 16
# Seconds; the user's option may set a shorter bound.
WAIT_SECONDS_MAX = 1.0
# The engine counts as quick if it answers in this share of a gap.
QUICK_SHARE = 0.5
# Bounds of the factor by which accepted and ignored completions change the wait: a guess.
PATIENCE_MIN, PATIENCE_MAX = 0.5, 2.0


class Debounce:
    """The wait of one service. It observes requests, costs and outcomes; all times are in seconds."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=GAPS_MAX)
        self._costs: deque[float] = deque(maxlen=GAPS_MAX)
        self._last_request: float | None = None
        self._patience = 1.0

    def observe_request(self, now: float) -> None:
        """Record that a request came at the time ``now``, answered or not."""
        gap = None if self._last_request is None else now - self._last_request
        if gap is not None and gap < GAP_SECONDS_MIN:
            return
        if gap is not None and gap <= GAP_SECONDS_MAX:
            self._gaps.append(gap)
        self._last_request = now

    def observe_cost(self, cost_seconds: float) -> None:
        """Record the time that the engine took for a whole completion."""
        self._costs.append(cost_seconds)

    def observe_outcome(self, *, accepted: bool) -> None:
        """Record that a completion that was shown has been accepted, or that the
        user typed something else.
        """
        factor = 0.7 if accepted else 1.1
        self._patience = min(PATIENCE_MAX, max(PATIENCE_MIN, self._patience * factor))

    def wait_seconds(self) -> float:
        """Return the seconds to wait now; 0 if the engine is known to be quick."""
        gap = median(self._gaps) if self._gaps else GAP_SECONDS_USUAL
        if self._costs and median(self._costs) < QUICK_SHARE * gap:
            return 0.0
        return min(WAIT_SECONDS_MAX, 1.2 * gap * self._patience)

    async def wait(self, ms_max: float) -> float:
        """Wait, but ``ms_max`` milliseconds at most; return the wait in milliseconds."""
        wait_ms = min(1000 * self.wait_seconds(), ms_max)
        await asyncio.sleep(wait_ms / 1000)
        return wait_ms
