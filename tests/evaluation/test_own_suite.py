"""The committed suite with the real model: a change of its result must be looked at.

The fixture has what each case scored when it was last looked at. To take over a new result, look at the page
that ``holesmith eval own --no-context --no-monitor --out RUN`` writes, then run this file as a program:
``python tests/evaluation/test_own_suite.py RUN``.
"""

import json
import sys
from pathlib import Path

import pytest
from holesmith.engine.weight_source import WeightSource
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.own_suite import OwnSuite
from holesmith.evaluation.pool import LocalPool, rows_of
from holesmith.evaluation.row import Row
from holesmith.evaluation.run_folder import read_rows
from holesmith.evaluation.task import AnswerTask
from holesmith.evaluation.worker import WorkerSetup

EXPECTED = Path(__file__).parents[1] / "fixtures" / "evaluation" / "own_suite.json"
# Processors round differently, and now and then a token wins by less than that.
CHANGES_MAX = 2


def outcome(row: Row) -> dict[str, object]:
    return {"exact_match": row.scores["exact_match"], "answer": row.samples[0].text}


@pytest.mark.slow
def test_the_own_suite_scores_what_was_committed(real_model_path: WeightSource) -> None:
    expected: dict[str, dict[str, object]] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    named = Named("own", Configuration(model=real_model_path.name, context=False, monitor=False))
    pool = LocalPool(WorkerSetup("own", "cpu"))
    try:
        rows = list(rows_of(pool, [[AnswerTask(named, case) for case in OwnSuite().cases()]]))
    finally:
        pool.close()
    assert [row.error for row in rows] == [None] * len(rows)
    assert {row.case for row in rows} == set(expected)
    changed = {
        row.case: (expected[row.case], outcome(row))
        for row in rows
        if row.scores["exact_match"] != expected[row.case]["exact_match"]
    }
    assert len(changed) <= CHANGES_MAX, json.dumps(changed, indent=1)


if __name__ == "__main__":
    found = {row.case: outcome(row) for row in read_rows(Path(sys.argv[1]))}
    EXPECTED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
