"""Write the reports of a run: the summary as JSON and as text, and the page."""

import json
from pathlib import Path
from typing import cast

from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.reports.report_page import report_page
from holesmith.evaluation.reports.summary import Difference, Summary, differences_of, summary_of
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.run_folder import read_plan, read_rows, write_whole

SUMMARY_NAME = "summary.json"
TABLE_NAME = "summary.txt"
PAGE_NAME = "report.html"


def write_reports(folder: Path, table: str, summary: Summary) -> None:
    """Put ``summary.json``, ``summary.txt`` and ``report.html`` beside the rows, each whole or not at all."""
    rows = list(read_rows(folder))
    write_whole(folder / SUMMARY_NAME, json.dumps(summary.as_json(), indent=1, ensure_ascii=False) + "\n")
    write_whole(folder / TABLE_NAME, table)
    write_whole(folder / PAGE_NAME, report_page(read_plan(folder), rows, summary))


def summarise(folder: Path) -> Summary:
    """Summarise the rows of a run. Raises EvaluationError if there are none."""
    rows = list(read_rows(folder))
    if not rows:
        raise EvaluationError(f"{folder} has no rows yet")
    plan = read_plan(folder).get("configurations")
    return summary_of(rows, list(cast("dict[str, object]", plan)) if isinstance(plan, dict) else ())


def compare(first: Path, second: Path) -> list[Difference]:
    """Return ``second`` minus ``first``, for each pair of configurations, on the cases that both runs have.

    Configurations of the same name are paired; without any, each is paired with each. Raises EvaluationError
    if the runs have no case in common.
    """
    ours, theirs = _by_configuration(first), _by_configuration(second)
    shared = [(name, name) for name in ours if name in theirs]
    pairs = shared or [(one, other) for one in ours for other in theirs]
    differences = [each for one, other in pairs for each in differences_of(ours[one], theirs[other])]
    if not differences:
        raise EvaluationError(f"{first} and {second} have no scored case in common")
    return differences


def _by_configuration(folder: Path) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in read_rows(folder):
        groups.setdefault(row.configuration, []).append(row)
    return groups
