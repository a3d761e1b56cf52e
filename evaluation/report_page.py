"""A run as one HTML page that needs nothing beside itself: tables, plots, slices and every case to look at.

Texts of cases reach the page as JSON and are shown as text only; nothing in them is ever markup or code.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files

from holesmith.evaluation.plot import Bar, bar_plot, histogram
from holesmith.evaluation.row import Row
from holesmith.evaluation.run_folder import Plan
from holesmith.evaluation.summary import Difference, Result, Summary, percent

CASES_MAX = 600
"""More rows than this are not put into the page; rows.jsonl has them all."""
PROMPT_CHARACTERS_MAX = 12_000


def report_page(plan: Plan, rows: Sequence[Row], summary: Summary) -> str:
    """The whole page. Rows may be in any order."""
    ordered = sorted(rows, key=lambda row: (row.case, row.configuration))
    shown = evenly(ordered, CASES_MAX)
    note = f"{len(shown)} of {len(ordered)} rows" if len(shown) < len(ordered) else f"All {len(shown)} rows."
    parts = {
        "TITLE": f"Evaluation: {escape(str(plan.get('suite')))}",
        "SUBTITLE": f"{len({row.case for row in rows})} cases, "
        f"{len({row.configuration for row in rows})} configurations. Intervals: 95 %, bootstrap over files.",
        "RESULTS": results_table([result for result in summary.results if not result.slice]),
        "PLOTS": "\n".join(plots(rows, summary)),
        "DIFFERENCES": differences_table(summary.differences),
        "SLICES": "\n".join(slice_plots(summary)) or "<p class='muted'>The suite has no slices.</p>",
        "COSTS": costs_table(summary),
        "CASES_NOTE": note if len(shown) == len(ordered) else note + ", evenly drawn; rows.jsonl has all.",
        "PLAN": escape(json.dumps(plan, indent=2, ensure_ascii=False)),
        "DATA": script_safe([shortened(row) for row in shown]),
    }
    page = files("holesmith.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    pieces = page.split("__")
    return "".join(parts.get(piece, piece) if at % 2 else piece for at, piece in enumerate(pieces))


def evenly(rows: Sequence[Row], count: int) -> list[Row]:
    if len(rows) <= count:
        return list(rows)
    return [rows[at * len(rows) // count] for at in range(count)]


def shortened(row: Row) -> dict[str, object]:
    """A row for the viewer; of a long prompt, the end."""
    fields = asdict(row)
    if len(row.prompt) > PROMPT_CHARACTERS_MAX:
        fields["prompt"] = "… " + row.prompt[-PROMPT_CHARACTERS_MAX:]
    return fields


def script_safe(value: object) -> str:
    """JSON that can't end the script element it stands in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def plots(rows: Sequence[Row], summary: Summary) -> Iterable[str]:
    metrics = dict.fromkeys(result.metric for result in summary.results)
    for metric in metrics:
        chosen = [result for result in summary.results if result.metric == metric and not result.slice]
        yield bar_plot(metric, [bar_of(result, result.configuration) for result in chosen])
    totals = [row.timings_ms["total"] for row in rows if "total" in row.timings_ms]
    if totals:
        yield histogram("Time of a completion", totals, "ms")


def slice_plots(summary: Summary) -> Iterable[str]:
    """One plot for each metric, slice and configuration."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in summary.results:
        if result.slice:
            groups.setdefault((result.metric, result.slice, result.configuration), []).append(result)
    for (metric, key, configuration), results in groups.items():
        yield f"<details><summary>{escape(metric)} by {escape(key)}: {escape(configuration)}</summary>"
        yield bar_plot(f"{metric} by {key}", [bar_of(result, result.value) for result in results])
        yield "</details>"


def bar_of(result: Result, label: str) -> Bar:
    interval = result.interval
    note = f"{100 * interval.mean:.1f} %, n = {interval.count}"
    return Bar(label[-56:], interval.mean, interval.low, interval.high, note)


def results_table(results: Sequence[Result]) -> str:
    return table(
        ("configuration", "metric", "mean % (95 % interval)", "cases", "files"),
        [
            (
                result.configuration,
                result.metric,
                percent(result.interval),
                str(result.interval.count),
                str(result.interval.clusters),
            )
            for result in results
        ],
    )


def differences_table(differences: Sequence[Difference]) -> str:
    if not differences:
        return "<p class='muted'>One configuration: nothing to compare.</p>"
    return table(
        ("second", "minus first", "metric", "difference % (95 % interval)", "p", "better / worse"),
        [
            (
                each.second,
                each.first,
                each.metric,
                percent(each.interval),
                f"{each.p:.3f}",
                f"{each.better} / {each.worse}",
            )
            for each in differences
        ],
    )


def costs_table(summary: Summary) -> str:
    return table(
        ("configuration", "cases", "failed", "empty", "median ms by stage"),
        [
            (
                cost.configuration,
                str(cost.cases),
                str(cost.errors),
                str(cost.empty),
                ", ".join(f"{stage} {value:.0f}" for stage, value in cost.stages_ms.items()),
            )
            for cost in summary.costs
        ],
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
