"""A run: every case of a suite under every configuration, each exactly once, in the order that is fastest.

Prompts that begin alike follow each other, so that the engine's prefix cache has what they share: the cases
of one configuration sorted by their tokens, and the configurations of a family case by case.
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
"""So many cases are held in memory and put into order together."""
GROUP_CASES = 16
"""So many neighbours of the order stay with one worker."""


@dataclass(frozen=True, slots=True)
class Run:
    """``cases`` yields the suite from its start each time it is called; a case met twice counts once."""

    cases: Callable[[], Iterable[Case]]
    configurations: Sequence[Named]
    order: Order = "shared-prefix"

    def execute(self, pool: Pool, folder: RunFolder, on_row: Callable[[Row], None]) -> None:
        """Do what ``folder`` does not have yet. ``on_row`` hears of each new row, once it is safe."""
        for family in families_of(self.configurations):
            for window in windows_of(unique(self.cases()), WINDOW_CASES):
                for row in rows_of(pool, self._groups(pool, folder, family, window)):
                    folder.append(row)
                    on_row(row)

    def _groups(
        self, pool: Pool, folder: RunFolder, family: Sequence[Named], window: Sequence[Case]
    ) -> list[list[AnswerTask]]:
        """What is to be done of a window. The order is that of the whole window, whatever is done of it."""
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
    """Those that answer a case one after another, because their prompts for it are often the same: the
    pipeline's with and without monitors, and with a source of context that has nothing to say.
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
    """What has an id: a case, or what a case will be made of."""

    @property
    def id(self) -> str: ...


_Identified = TypeVar("_Identified", bound=Identified)


def unique(cases: Iterable[_Identified]) -> Iterator[_Identified]:
    """Each id once: of cases with the same id, the first."""
    seen: set[str] = set()
    for case in cases:
        if case.id not in seen:
            seen.add(case.id)
            yield case


def drawn(cases: Iterable[_Identified], count: int, seed: int) -> list[_Identified]:
    """``count`` cases drawn at random, in their own order; the same ones whatever the order of the rest.

    Memory is that of ``count`` cases, however long the stream.
    """
    numbered = enumerate(unique(cases))
    chosen = heapq.nsmallest(count, numbered, key=lambda each: _lot(each[1].id, seed))
    return [case for _, case in sorted(chosen, key=lambda each: each[0])]


def _lot(case_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{case_id}".encode()).digest()
