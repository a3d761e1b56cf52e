"""A run: every case of a suite under every configuration, each exactly once, in the fastest order.

Prompts that begin alike follow each other, so that the engine's prefix cache has their common part: the cases
of one configuration are sorted by their tokens, and the configurations of a family go case by case.
"""

import hashlib
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Named
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.pool import Pool, order_of, rows_of
from holesmith.evaluation.runs.run_folder import RunFolder
from holesmith.evaluation.runs.task import AnswerTask, OrderTask

Order = Literal["shared-prefix", "first-come"]

WINDOW_CASES = 512
"""Cases that are held in memory and sorted together."""
GROUP_CASES = 16
"""Neighbouring cases of the order that stay with one worker."""


@dataclass(frozen=True, slots=True)
class Run:
    """A suite with the configurations to run it under.

    ``cases`` yields the suite from its start each time it is called; of cases with the same id only the first
    counts.
    """

    cases: Callable[[], Iterable[Case]]
    configurations: Sequence[Named]
    order: Order = "shared-prefix"

    def execute(self, pool: Pool, folder: RunFolder, on_row: Callable[[Row], None]) -> None:
        """Do the rows that ``folder`` lacks. ``on_row`` is called with each new row after it is written."""
        for family in families_of(self.configurations):
            for window in windows_of(unique(self.cases()), WINDOW_CASES):
                for row in rows_of(pool, self._groups(pool, folder, family, window)):
                    folder.append(row)
                    on_row(row)

    def _groups(
        self, pool: Pool, folder: RunFolder, family: Sequence[Named], window: Sequence[Case]
    ) -> list[list[AnswerTask]]:
        """Return the open tasks of a window in groups.

        The order is that of the whole window, even if a part of it is already done.
        """
        if all((named.name, case.id) in folder.done for case in window for named in family):
            return []
        places: Iterable[int] = range(len(window))
        if self.order == "shared-prefix":
            places = order_of(pool, OrderTask(family[0].configuration, window))
        tasks = [
            AnswerTask(named, window[place])
            for place in places
            for named in family
            if (named.name, window[place].id) not in folder.done
        ]
        size = GROUP_CASES * len(family)
        return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def families_of(configurations: Sequence[Named]) -> list[list[Named]]:
    """Group the configurations that answer a case one after another: their prompts are often the same.

    Such are the pipeline's with and without monitors, and with a source of context that finds nothing.
    """
    families: dict[object, list[Named]] = {}
    for number, named in enumerate(configurations):
        mode, model = named.configuration.mode, named.configuration.model
        key = (mode, model) if mode in ("pipeline", "context") else number
        families.setdefault(key, []).append(named)
    return list(families.values())


def windows_of(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    while window := list(itertools.islice(cases, size)):
        yield window


class Identified(Protocol):
    """An object with an id: a case, or a hole that a case will be made of."""

    @property
    def id(self) -> str: ...


_Identified = TypeVar("_Identified", bound=Identified)


def unique(cases: Iterable[_Identified]) -> Iterator[_Identified]:
    """Yield the first case of each id."""
    seen: set[str] = set()
    for case in cases:
        if case.id not in seen:
            seen.add(case.id)
            yield case


def drawn(cases: Iterable[_Identified], count: int, seed: int) -> list[_Identified]:
    """Draw ``count`` cases at random, in their own order; the same ones whatever the order of the rest.

    Only ``count`` cases are held in memory, however long the stream.
    """
    numbered = enumerate(unique(cases))
    chosen = heapq.nsmallest(count, numbered, key=lambda each: _lot(each[1].id, seed))
    return [case for _, case in sorted(chosen, key=lambda each: each[0])]


def _lot(case_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{case_id}".encode()).digest()
