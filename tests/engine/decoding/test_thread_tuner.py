"""The number of threads follows what is fastest now."""

from collections.abc import Mapping

import pytest
from holesmith.engine.decoding.thread_tuner import INTERVAL_S, ThreadPool


class Machine:
    """A clock that a probe moves on by what it costs with the current number of threads."""

    def __init__(self, cost: Mapping[int, float]) -> None:
        self.cost = cost
        self.now = 0.0
        self.threads = 0
        self.probes = 0

    def probe(self) -> None:
        self.probes += 1
        self.now += self.cost[self.threads]

    def set_threads(self, count: int) -> None:
        self.threads = count

    def pool(self) -> ThreadPool:
        return ThreadPool(self.probe, sorted(self.cost), self.set_threads, lambda: self.now)


@pytest.mark.parametrize(("cost", "best"), [({1: 4.0, 2: 2.0}, 2), ({1: 4.0, 2: 9.0}, 1), ({1: 1.0}, 1)])
def test_short_work_takes_what_is_fastest(cost: dict[int, float], best: int) -> None:
    machine = Machine(cost)
    pool = machine.pool()
    pool.for_short_work()
    assert machine.threads == best
    pool.for_long_work()
    assert machine.threads == max(cost)


def test_choice_is_kept_for_a_while_and_then_made_again() -> None:
    machine = Machine({1: 0.1, 2: 0.05})
    pool = machine.pool()
    pool.for_short_work()
    probes = machine.probes
    pool.for_short_work()
    assert machine.probes == probes
    machine.cost = {1: 0.1, 2: 4.0}
    machine.now += INTERVAL_S + 1
    pool.for_short_work()
    assert machine.threads == 1
