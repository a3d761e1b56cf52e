"""The tables and plots of a run's page, as HTML text; nothing that comes from a run is ever markup."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from holesmith.evaluation.reports.plot import Bar, bar_plot, histogram
from holesmith.evaluation.reports.summary import COST_HEADS, Result, Summary, percent, short_names
from holesmith.evaluation.row import Row


class Tables:
    """All tables of one summary, which has at least one result."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self.names, self.common = short_names(summary.names)
        self.metrics = list(dict.fromkeys(result.metric for result in summary.results))
        self._cells: Mapping[tuple[str, str, str, str], Result] = {
            (result.configuration, result.metric, result.slice, result.value): result
            for result in summary.results
        }

    def results(self) -> str:
        """Return a table with a line for each configuration and a column for each metric."""
        rows: list[list[str]] = []
        for name, short in self.names.items():
            cells = [self._cell(name, metric) for metric in self.metrics]
            most = max((found.interval.count for found in self._of(name)), default=0)
            files = max((found.interval.clusters for found in self._of(name)), default=0)
            rows.append([text_cell(short), number_cell(str(most)), number_cell(str(files)), *cells])
        return table(("configuration", "cases", "files", *self.metrics), rows)

    def plots(self, rows: Sequence[Row]) -> str:
        """Return each metric's bars by configuration, and a histogram of the completions' times."""
        parts = [
            bar_plot(
                metric, [bar_of(found, self.names[found.configuration]) for found in self._totals(metric)]
            )
            for metric in self.metrics
        ]
        parts += [histogram(title, totals, "ms") for title, totals in _times(rows).items() if totals]
        return "\n".join(f"<div>{part}</div>" for part in parts)

    def slices(self) -> str:
        """Return a table for each slice and metric: a line a value, a column a configuration."""
        keys = list(dict.fromkeys(result.slice for result in self._summary.results if result.slice))
        parts = [self._slice(key) for key in keys]
        return "\n".join(parts) or "<p class='muted'>The suite has no slices.</p>"

    def costs(self) -> str:
        """Return a table of counts, and one of times with a column for each stage."""
        costs = [
            (self.names.get(cost.configuration, cost.configuration), cost) for cost in self._summary.costs
        ]
        counts = [[text_cell(name), *(number_cell(cell) for cell in cost.cells[:-2])] for name, cost in costs]
        stages = list(dict.fromkeys(stage for _, cost in costs for stage in cost.stages_ms))
        stages.sort(
            key=lambda stage: stage != "total"
        )  # on a narrow screen the last columns have to be scrolled to
        times = [
            [text_cell(name), text_cell(prompts), *(_milliseconds(times_ms.get(stage)) for stage in stages)]
            for name, cost in costs
            for prompts, times_ms in (("cold", cost.cold_stages_ms), ("all", cost.stages_ms))
        ]
        return (
            table(("configuration", *COST_HEADS[:-2]), counts)
            + "<h3>Median milliseconds by stage</h3>"
            + table(("configuration", "prompts", *stages), times)
        )

    def _slice(self, key: str) -> str:
        found = [result for result in self._summary.results if result.slice == key]
        values = list(dict.fromkeys(result.value for result in found))
        parts = [f"<h3>By {escape(key)}</h3>"]
        for at, metric in enumerate(self.metrics):
            rows = [
                [text_cell(value), *(self._cell(name, metric, key, value) for name in self.names)]
                for value in values
            ]
            body = table((key, *self.names.values()), rows)
            is_open = " open" if at == 0 else ""
            parts.append(f"<details{is_open}><summary>{escape(metric)}</summary>{body}</details>")
        return "".join(parts)

    def _cell(self, name: str, metric: str, key: str = "", value: str = "") -> str:
        found = self._cells.get((name, metric, key, value))
        return number_cell("–") if found is None else share_cell(found)

    def _of(self, name: str) -> list[Result]:
        return [
            result for result in self._summary.results if result.configuration == name and not result.slice
        ]

    def _totals(self, metric: str) -> list[Result]:
        return [result for result in self._summary.results if result.metric == metric and not result.slice]


def _times(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return the times of completions by a title for each kind: prompts new to the model stand apart."""
    timed = [row for row in rows if "total" in row.timings_ms]
    counted = [row for row in timed if row.prefilled_tokens is not None]
    groups = {
        "Time of a completion": [row for row in timed if row.prefilled_tokens is None],
        "Time of a completion, cold prompt": [row for row in counted if row.is_cold],
        "Time of a completion, prompt known in part": [row for row in counted if not row.is_cold],
    }
    return {title: [row.timings_ms["total"] for row in group] for title, group in groups.items()}


def bar_of(result: Result, label: str) -> Bar:
    interval = result.interval
    note = f"{100 * interval.mean:.1f} %, n = {interval.count}"
    return Bar(label[-56:], interval.mean, interval.low, interval.high, note)


def share_cell(result: Result) -> str:
    """Return a cell with the mean, its interval and a bar behind them as long as the mean."""
    interval = result.interval
    title = f"{percent(interval)}, n = {interval.count} in {interval.clusters} files"
    width = max(0.0, min(100.0, 100 * interval.mean))
    return (
        f'<td class="share" title="{escape(title)}" style="--share:{width:.1f}%">{100 * interval.mean:.1f}'
        f" <small>{100 * interval.low:.0f} to {100 * interval.high:.0f}, n {interval.count}</small></td>"
    )


def text_cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def number_cell(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _milliseconds(value_ms: float | None) -> str:
    return number_cell("–" if value_ms is None else f"{value_ms:,.0f}")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table. ``rows`` hold finished cells."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
