"""Count the events in the life of a completion service, for its status."""

from collections.abc import Callable
from dataclasses import replace

from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.status import Counters


class Statistics:
    """The counters of one service, with one method for each kind of event.

    Every method that changes a counter calls ``on_change`` once. Times are in milliseconds.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._counters = Counters()

    @property
    def counters(self) -> Counters:
        return self._counters

    def count_request(self) -> None:
        """Count a request."""
        self._set(replace(self._counters, requests=self._counters.requests + 1))

    def count_typed_along(self) -> None:
        """Count a request that got the rest of an earlier completion, which was shown before."""
        self._set(replace(self._counters, typed_along=self._counters.typed_along + 1))

    def count_joined(self) -> None:
        """Count a request that waited for a run in progress, and got its completion or the rest of it."""
        self._set(replace(self._counters, joined=self._counters.joined + 1))

    def count_prefetched(self, work_ms: float) -> None:
        """Count a request that got a prefetched completion, which took ``work_ms``."""
        counters = self._counters
        self._set(
            replace(
                counters,
                foreseen=counters.foreseen + 1,
                completions=counters.completions + 1,
                work_ms_used=counters.work_ms_used + work_ms,
            )
        )

    def count_completion(self, work_ms: float) -> None:
        """Count a completion that was made for a request, in ``work_ms``."""
        counters = self._counters
        self._set(
            replace(
                counters,
                completions=counters.completions + 1,
                work_ms_used=counters.work_ms_used + work_ms,
            )
        )

    def count_cancelled(self) -> None:
        """Count a request that was not waited for to the end."""
        self._set(replace(self._counters, cancelled=self._counters.cancelled + 1))

    def count_failure(self) -> None:
        """Count a failure of the engine in a request."""
        self._set(replace(self._counters, failures=self._counters.failures + 1))

    def count_work(self, work_ms: float) -> None:
        """Add the ``work_ms`` of a run of the pipeline, however it ended."""
        self._set(replace(self._counters, work_ms=self._counters.work_ms + work_ms))

    def count_read_ahead(self) -> None:
        """Count a prompt that was read before it was asked for."""
        self._set(replace(self._counters, read_ahead=self._counters.read_ahead + 1))

    def count_reading(self, work_ms: float) -> None:
        """Add the ``work_ms`` of reading ahead, even if it was given up."""
        counters = self._counters
        self._set(
            replace(
                counters,
                work_ms=counters.work_ms + work_ms,
                read_ahead_ms=counters.read_ahead_ms + work_ms,
            )
        )

    def count_monitors(self, report: MonitorReport) -> None:
        """Add the monitors' ``report`` on one completion."""
        counters = self._counters
        self._set(
            replace(
                counters,
                fired=counters.fired + report.triggers,
                late=counters.late + report.outcomes()["late"],
                refused=counters.refused + report.refused,
                rolled_back=counters.rolled_back + report.rolled_back,
                objections=counters.objections + bool(report.objection),
            )
        )

    def _set(self, counters: Counters) -> None:
        if counters != self._counters:
            self._counters = counters
            self._on_change()
