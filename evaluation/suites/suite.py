"""The interface of a suite, and the choice of some of its cases."""

from collections.abc import Iterator
from typing import Protocol

from holesmith.evaluation.case import Case
from holesmith.evaluation.runs.run import drawn


class Suite(Protocol):
    """A source of cases, the same ones each time."""

    def cases(self) -> Iterator[Case]: ...


class Chosen:
    """The first ``limit`` cases of a suite, or ``sample`` drawn at random; all of them if both are None."""

    def __init__(self, suite: Suite, limit: int | None, sample: int | None, seed: int) -> None:
        self._suite, self._limit, self._sample, self._seed = suite, limit, sample, seed
        self._drawn: list[Case] | None = None

    def cases(self) -> Iterator[Case]:
        if self._sample is not None:
            if self._drawn is None:
                self._drawn = drawn(self._suite.cases(), self._sample, self._seed)
            yield from self._drawn[: self._limit]
            return
        for number, case in enumerate(self._suite.cases()):
            if number == self._limit:
                return
            yield case

    @property
    def count_max(self) -> int | None:
        """The greatest possible number of cases; None if it is not known without reading them."""
        bounds = [bound for bound in (self._limit, self._sample) if bound is not None]
        return min(bounds) if bounds else None
