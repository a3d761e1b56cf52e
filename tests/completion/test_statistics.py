"""What the service counts is in its status, under the names that clients read."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
from holesmith.completion.monitor_report import Fired, MonitorReport, Refusal
from holesmith.completion.statistics import Statistics
from holesmith.completion.status import ModelState, status_of

REPORT = MonitorReport(
    fired=(Fired("name", "x", "late", "", 1.0), Fired("name", "y", "allowed", "", 1.0)),
    refusals=(Refusal("name", "z", 3, 2, None),),
    objection="z is not defined",
)
EVENTS: list[tuple[Callable[[Statistics], None], dict[str, float]]] = [
    (lambda counted: counted.count_request(), {"requests": 1}),
    (lambda counted: counted.count_typed_along(), {"typed_along": 1}),
    (lambda counted: counted.count_joined(), {"joined": 1}),
    (lambda counted: counted.count_prefetched(5.0), {"foreseen": 1, "completions": 1, "work_ms_used": 5.0}),
    (lambda counted: counted.count_completion(5.0), {"completions": 1, "work_ms_used": 5.0}),
    (lambda counted: counted.count_cancelled(), {"cancelled": 1}),
    (lambda counted: counted.count_failure(), {"failures": 1}),
    (lambda counted: counted.count_work(5.0), {"work_ms": 5.0}),
    (lambda counted: counted.count_read_ahead(), {"read_ahead": 1}),
    (lambda counted: counted.count_reading(5.0), {"work_ms": 5.0, "read_ahead_ms": 5.0}),
    (
        lambda counted: counted.count_monitors(REPORT),
        {"fired": 2, "late": 1, "refused": 1, "rolled_back": 2, "objections": 1},
    ),
]


@pytest.mark.parametrize(("happen", "expected"), EVENTS)
def test_what_happens_is_counted_in_the_status_and_told_once(
    happen: Callable[[Statistics], None], expected: dict[str, float]
) -> None:
    told: list[None] = []
    statistics = Statistics(lambda: told.append(None))
    happen(statistics)
    happen(statistics)
    state = ModelState("ready", "tiny on cpu", "tiny", "cpu")
    status = asdict(status_of(state, statistics.counters, None, None, None))
    published = {name: value for name, value in status.items() if value and name not in asdict(state)}
    assert published == {name: 2 * value for name, value in expected.items()}
    assert len(told) == 2


def test_monitors_that_did_nothing_are_no_news() -> None:
    told: list[None] = []
    Statistics(lambda: told.append(None)).count_monitors(MonitorReport())
    assert not told
