"""The summary of a run: each metric's mean with its interval, by configuration and by slice.

Configurations keep the order of the run's plan: the others are compared with the first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from holesmith.evaluation.metrics.bootstrap import Interval, interval_of, randomisation_p
from holesmith.evaluation.row import Row

# A slice with more values than these gets no table.
SLICE_VALUES_MAX = 40


@dataclass(frozen=True, slots=True)
class Result:
    """One number of a table. ``slice`` and ``value`` are empty for all cases together."""

    configuration: str
    metric: str
    slice: str
    value: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """``second`` minus ``first`` on the cases that both have; ``p`` is from a paired randomisation test."""

    first: str
    second: str
    metric: str
    interval: Interval
    p: float
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The times of a configuration: medians over its cases, in milliseconds by stage.

    ``prefilled_tokens`` is the median of the prompt tokens that the model had to read; None if they were not
    counted. After another configuration with the same prompt few are left to read, so times are compared by
    ``cold_stages_ms``: those of the ``cold`` cases, whose prompt was new.
    """

    configuration: str
    cases: int
    errors: int
    empty: int
    stages_ms: Mapping[str, float]
    prompt_tokens: float = 0.0
    prefilled_tokens: float | None = None
    cold: int = 0
    cold_stages_ms: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of a table under `COST_HEADS`."""
        read = "-" if self.prefilled_tokens is None else f"{self.prefilled_tokens:.0f}"
        tokens = (
            f"{self.prompt_tokens:.0f}",
            read,
            str(self.cold) if self.prefilled_tokens is not None else "-",
        )
        return (
            str(self.cases),
            str(self.errors),
            str(self.empty),
            *tokens,
            in_stages(self.cold_stages_ms),
            in_stages(self.stages_ms),
        )


COST_HEADS = (
    "cases",
    "failed",
    "empty",
    "prompt tokens",
    "new to the model",
    "cold prompts",
    "median ms by stage, cold prompts",
    "all prompts",
)


def in_stages(stages_ms: Mapping[str, float]) -> str:
    return ", ".join(f"{stage} {value:.0f}" for stage, value in stages_ms.items()) or "-"


@dataclass(frozen=True, slots=True)
class Summary:
    """All results of a run, the differences between its configurations, and their costs."""

    results: tuple[Result, ...]
    differences: tuple[Difference, ...]
    costs: tuple[Cost, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @property
    def names(self) -> list[str]:
        """The configurations that have a result, in order."""
        return list(dict.fromkeys(result.configuration for result in self.results))


def summary_of(rows: Sequence[Row], order: Sequence[str] = ()) -> Summary:
    """Summarise rows in any order. Configurations follow ``order`` and then their names."""
    rows = sorted(rows, key=lambda row: row.key)
    by_configuration: dict[str, list[Row]] = {name: [] for name in order}
    for row in rows:
        by_configuration.setdefault(row.configuration, []).append(row)
    names = [name for name, found in by_configuration.items() if found]
    results = [result for name in names for result in _results(name, by_configuration[name])]
    differences = [
        difference
        for at, first in enumerate(names)
        for second in names[at + 1 :]
        for difference in differences_of(by_configuration[first], by_configuration[second])
    ]
    costs = [_cost(name, by_configuration[name]) for name in names]
    return Summary(tuple(results), tuple(differences), tuple(costs))


def _results(name: str, rows: Sequence[Row]) -> Iterable[Result]:
    for metric in metrics_of(rows):
        yield from _of_metric(name, metric, "", "", rows)
        for key in dict.fromkeys(key for row in rows for key in row.slices):
            values = sorted({row.slices[key] for row in rows if key in row.slices}, key=by_number)
            if 1 < len(values) <= SLICE_VALUES_MAX:
                for value in values:
                    part = [row for row in rows if row.slices.get(key) == value]
                    yield from _of_metric(name, metric, key, value, part)


def by_number(value: str) -> tuple[float, str]:
    """Return a sort key: lengths such as "9-24" by their beginning, then words by alphabet."""
    leading = re.match(r"\d+", value)
    return float(leading[0]) if leading else float("inf"), value


def _of_metric(name: str, metric: str, key: str, value: str, rows: Sequence[Row]) -> Iterable[Result]:
    scored = [row for row in rows if metric in row.scores]
    if scored:
        interval = interval_of([row.scores[metric] for row in scored], [cluster_of(row) for row in scored])
        yield Result(name, metric, key, value, interval)


def metrics_of(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(metric for row in rows for metric in row.scores))


def cluster_of(row: Row) -> str:
    """Return the file that a case is from: the unit that the bootstrap resamples."""
    return f"{row.repository}/{row.path}"


def differences_of(first: Sequence[Row], second: Sequence[Row]) -> list[Difference]:
    """Compare two configurations case by case, for each metric, on the cases scored under both."""
    seconds = {row.case: row for row in second}
    pairs = [(row, seconds[row.case]) for row in first if row.case in seconds]
    differences: list[Difference] = []
    for metric in metrics_of(row for row, _ in pairs):
        scored = [(a, b) for a, b in pairs if metric in a.scores and metric in b.scores]
        if not scored:
            continue
        values = [b.scores[metric] - a.scores[metric] for a, b in scored]
        clusters = [cluster_of(a) for a, _ in scored]
        differences.append(
            Difference(
                first=scored[0][0].configuration,
                second=scored[0][1].configuration,
                metric=metric,
                interval=interval_of(values, clusters),
                p=randomisation_p(values, clusters),
                better=sum(value > 0 for value in values),
                worse=sum(value < 0 for value in values),
            )
        )
    return differences


def _cost(name: str, rows: Sequence[Row]) -> Cost:
    prefilled = [row.prefilled_tokens for row in rows if row.prefilled_tokens is not None]
    cold = [row for row in rows if row.is_cold]
    return Cost(
        configuration=name,
        cases=len(rows),
        errors=sum(row.error is not None for row in rows),
        empty=sum(all(not sample.text for sample in row.samples) for row in rows if row.error is None),
        stages_ms=_stages(rows),
        prompt_tokens=median([row.prompt_tokens for row in rows]),
        prefilled_tokens=median(prefilled) if prefilled else None,
        cold=len(cold),
        cold_stages_ms=_stages(cold),
    )


def _stages(rows: Sequence[Row]) -> dict[str, float]:
    """Return the medians by stage."""
    stages = dict.fromkeys(stage for row in rows for stage in row.timings_ms)
    return {
        stage: median([row.timings_ms[stage] for row in rows if stage in row.timings_ms]) for stage in stages
    }


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def short_names(names: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return each name without the parts that all names share, and the shared parts."""
    parts = {name: name.split(" ") for name in names}
    common = [part for part in parts[names[0]] if all(part in others for others in parts.values())]
    short = {
        name: " ".join(part for part in own if part not in common) or name for name, own in parts.items()
    }
    return (short, " ".join(common)) if len(names) > 1 else ({name: name for name in names}, "")


def summary_text(summary: Summary) -> str:
    """Return the tables for a terminal, in percent: the scores, the differences from the first, the times.

    ``summary.json`` has all pairs and slices.
    """
    names, common = short_names(summary.names) if summary.results else ({}, "")
    metrics = list(dict.fromkeys(result.metric for result in summary.results))
    lines = [" | ".join(("configuration", "cases", "files", *metrics))]
    for name, short in names.items():
        found = {result.metric: result.interval for result in summary.results if is_total(result, name)}
        most = max(found.values(), key=lambda interval: interval.count)
        cells = [percent(found[metric]) if metric in found else "-" for metric in metrics]
        lines.append(" | ".join((short, str(most.count), str(most.clusters), *cells)))
    against = [pair for pair in summary.differences if pair.first == summary.names[0]]
    if against:
        lines += ["", f"minus {names[summary.names[0]]} | metric | difference | p | better / worse | cases"]
        lines += [
            f"{names[pair.second]} | {pair.metric} | {percent(pair.interval)} | {pair.p:.3f} | "
            f"{pair.better} / {pair.worse} | {pair.interval.count}"
            for pair in against
        ]
    costs = [(names.get(cost.configuration, cost.configuration), cost) for cost in summary.costs]
    lines += ["", " | ".join(("configuration", *COST_HEADS[:-2]))]
    lines += [" | ".join((name, *cost.cells[:-2])) for name, cost in costs]
    lines += ["", "configuration | prompts | median ms by stage"]
    for name, cost in costs:
        cold, everything = cost.cells[-2:]
        lines += [f"{name} | cold | {cold}", f" | all | {everything}"]
    heading = f"all with {common}\n\n" if common else ""
    return heading + "\n".join(aligned(lines)) + "\n"


def is_total(result: Result, configuration: str) -> bool:
    return not result.slice and result.configuration == configuration


def percent(interval: Interval) -> str:
    return f"{100 * interval.mean:.1f} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def aligned(lines: Sequence[str]) -> list[str]:
    """Align cells between bars. Columns are as wide as in their own table; a table ends at an empty line."""
    ends = [at for at, line in enumerate(lines) if not line]
    done: list[str] = []
    for start, stop in pairwise([-1, *ends, len(lines)]):
        cells = [line.split(" | ") for line in lines[start + 1 : stop]]
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        done += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        done.append("")
    return done[:-1]
