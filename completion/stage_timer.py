"""Measure the times of the stages of one request."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager


class StageTimer:
    """Adds up milliseconds by stage; "total" runs from the moment the timer is made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, (time.perf_counter() - started) * 1000)

    def add(self, name: str, duration_ms: float) -> None:
        self._stages[name] = self._stages.get(name, 0.0) + duration_ms

    def add_all(self, timings_ms: Mapping[str, float]) -> None:
        """Add the times of stages that were measured elsewhere."""
        for name, duration_ms in timings_ms.items():
            self.add(name, duration_ms)

    def timings_ms(self) -> Mapping[str, float]:
        total = (time.perf_counter() - self._started) * 1000
        return {name: round(value, 2) for name, value in {**self._stages, "total": total}.items()}
