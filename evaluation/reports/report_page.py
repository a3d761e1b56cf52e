"""A run as one HTML page that needs no other file: tables, plots, slices and all cases.

Texts of cases reach the page as JSON and are shown as text only; nothing in them is ever markup or code.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import cast

from holesmith.evaluation.reports.report_tables import Tables
from holesmith.evaluation.reports.summary import Difference, Summary
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.run_folder import MADE_KEY, Plan

ROWS_MAX = 1200
"""Limit of the rows on the page; rows.jsonl has all of them."""
PAGE_CHARACTERS_MAX = 12_000_000
"""Limit of the page's prompts: each is cut so that all rows' prompts together stay below this."""
PROMPT_CHARACTERS_MAX = 12_000


def report_page(plan: Plan, rows: Sequence[Row], summary: Summary) -> str:
    """Return the whole page.

    Rows may be in any order; ``summary`` is theirs, and there is at least one row.
    """
    tables = Tables(summary)
    shown = drawn_evenly(rows)
    total, cases = len({row.case for row in rows}), len({row.case for row in shown})
    drawn = "All cases." if cases == total else f"{cases} of {total} cases, evenly drawn; rows.jsonl has all."
    common = f" All with {tables.common}." if tables.common else ""
    parts = {
        "TITLE": f"Evaluation: {escape(str(plan.get('suite')))}",
        "SUBTITLE": f"{total} cases, {len(tables.names)} configurations.{escape(common)} "
        f"Means in percent, intervals of 95 % by bootstrap over files.{escape(made_in_words(plan))}",
        "RESULTS": tables.results(),
        "PLOTS": tables.plots(rows),
        "SLICES": tables.slices(),
        "COSTS": tables.costs(),
        "CASES_NOTE": drawn,
        "PLAN": escape(json.dumps(plan, indent=2, ensure_ascii=False)),
        "DATA": script_safe(
            {
                "names": tables.names,
                "metrics": tables.metrics,
                "differences": [difference_data(each) for each in summary.differences],
                "rows": [shortened(row, PAGE_CHARACTERS_MAX // len(shown)) for row in shown],
            }
        ),
    }
    page = files("holesmith.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    pieces = page.split("__")
    return "".join(parts.get(piece, piece) if at % 2 else piece for at, piece in enumerate(pieces))


def made_in_words(plan: Plan) -> str:
    """Describe the circumstances of the run's start; "" for a plan without them."""
    made = plan.get(MADE_KEY)
    if not isinstance(made, dict):
        return ""
    said = cast("dict[str, object]", made)
    models = ", ".join(map(str, cast("list[object]", said.get("models") or [])))
    where = f"{said.get('date')}, {said.get('machine')}"
    return f" {models or 'No model'}, Holesmith {said.get('version')}, {where}."


def drawn_evenly(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of as many cases as fit, evenly drawn, each case with all its configurations."""
    by_case: dict[str, list[Row]] = {}
    for row in rows:
        by_case.setdefault(row.case, []).append(row)
    cases = sorted(by_case)
    count = max(1, ROWS_MAX * len(cases) // len(rows))
    return [row for case in evenly(cases, count) for row in by_case[case]]


def evenly(values: Sequence[str], count: int) -> list[str]:
    if len(values) <= count:
        return list(values)
    return [values[at * len(values) // count] for at in range(count)]


def difference_data(difference: Difference) -> dict[str, object]:
    """Return the data of the page's comparison; numbers in percent."""
    interval = difference.interval
    return {
        "first": difference.first,
        "second": difference.second,
        "metric": difference.metric,
        "mean": round(100 * interval.mean, 2),
        "low": round(100 * interval.low, 2),
        "high": round(100 * interval.high, 2),
        "p": round(difference.p, 4),
        "better": difference.better,
        "worse": difference.worse,
        "count": interval.count,
    }


def shortened(row: Row, characters_max: int) -> dict[str, object]:
    """Return a row for the viewer, with only the end of a long prompt."""
    fields = asdict(row)
    limit = min(PROMPT_CHARACTERS_MAX, characters_max)
    if len(row.prompt) > limit:
        fields["prompt"] = "… " + row.prompt[-limit:]
    return fields


def script_safe(value: object) -> str:
    """Return JSON that can't end the script element around it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
