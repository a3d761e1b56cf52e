"""The committed suite with the real model: a change of its result must be looked at.

The fixture has what each case scored when it was last looked at: from its file alone, and with context and
monitors where it lies in a repository. To take over a new result, look at the page that
``holesmith eval own --grid context=off,on --grid monitor=off,on --out RUN`` writes, then run this file as a
program: ``python tests/evaluation/suites/test_own_suite.py RUN``.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from holesmith.engine.files.weight_source import WeightSource
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.pool import LocalPool, rows_of
from holesmith.evaluation.runs.run_folder import read_rows
from holesmith.evaluation.runs.task import AnswerTask
from holesmith.evaluation.runs.worker import WorkerSetup
from holesmith.evaluation.suites.own_suite import OwnSuite

EXPECTED = Path(__file__).parents[2] / "fixtures" / "evaluation" / "own_suite.json"
# Processors round differently, and now and then a token wins by less than that.
CHANGES_MAX = 3
PLAIN, WHOLE = "context=off monitor=off", "context=on monitor=on"

Outcomes = Mapping[str, Mapping[str, Mapping[str, object]]]


def outcome(row: Row) -> dict[str, object]:
    return {"exact_match": row.scores["exact_match"], "answer": row.samples[0].text}


def tasks(model: str, cases: list[Case]) -> list[AnswerTask]:
    """In a repository with and without help, and in that order, so that the prompts differ each time."""
    plain = Named(PLAIN, Configuration(model=model, context=False, monitor=False))
    whole = Named(WHOLE, Configuration(model=model))
    return [
        AnswerTask(named, case)
        for case in cases
        for named in ((plain, whole) if case.workspace else (plain,))
    ]


@pytest.mark.slow
def test_the_own_suite_scores_what_was_committed(
    real_model_path: WeightSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path))
    expected: Outcomes = json.loads(EXPECTED.read_text(encoding="utf-8"))
    pool = LocalPool(WorkerSetup("own", "cpu"))
    try:
        rows = list(rows_of(pool, [tasks(real_model_path.name, list(OwnSuite().cases()))]))
    finally:
        pool.close()
    assert [row.error for row in rows] == [None] * len(rows)
    assert {(row.configuration, row.case) for row in rows} == {
        (name, case) for name, outcomes in expected.items() for case in outcomes
    }
    changed = {
        f"{row.case} with {row.configuration}": (expected[row.configuration][row.case], outcome(row))
        for row in rows
        if row.scores["exact_match"] != expected[row.configuration][row.case]["exact_match"]
    }
    assert len(changed) <= CHANGES_MAX, json.dumps(changed, indent=1)


def test_the_committed_result_shows_what_context_and_monitors_are_for() -> None:
    expected: Outcomes = json.loads(EXPECTED.read_text(encoding="utf-8"))
    helped = sum(each["exact_match"] == 1 for each in expected[WHOLE].values())
    alone = sum(expected[PLAIN][case]["exact_match"] == 1 for case in expected[WHOLE])
    assert helped > alone


def taken_over(folder: Path) -> Outcomes:
    """Of all the rows of a run, those that the test makes."""
    in_repositories = {case.id for case in OwnSuite().cases() if case.workspace is not None}
    found: dict[str, dict[str, dict[str, object]]] = {PLAIN: {}, WHOLE: {}}
    for row in read_rows(folder):
        for name, outcomes in found.items():
            if row.configuration.endswith(name) and (name == PLAIN or row.case in in_repositories):
                outcomes[row.case] = outcome(row)
    return found


if __name__ == "__main__":
    text = json.dumps(taken_over(Path(sys.argv[1])), indent=1, ensure_ascii=False) + "\n"
    EXPECTED.write_text(text, encoding="utf-8")
