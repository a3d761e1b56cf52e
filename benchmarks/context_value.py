"""Measure the value of context in a run with ``--likelihood``: the surprise at the truth, against a baseline.

``python -P benchmarks/context_value.py RUN… [--against NAME]``. RUN is a folder of ``holesmith eval``; the
rows of several runs are put together. NAME is the end of the baseline's configuration name, by default
``sources=none``. Surprise is given in nats over the first line of the truth, at most NATS_MAX for each hole;
less is better. A change is taken over the holes for which the configuration had a snippet to show; its error
is one standard error over files. The last line is one JSON object.
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from holesmith.evaluation.reports.summary import cluster_of, short_names
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.run_folder import read_rows

NATS_MAX = 40.0
# A smaller change of surprise counts neither as better nor as worse.
CHANGE_MIN = 0.5

Rows = Mapping[str, Row]


def by_configuration(folders: Sequence[Path]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for folder in folders:
        for row in read_rows(folder):
            if row.nats is not None:
                found.setdefault(row.configuration, {})[row.case] = row
    return found


def nats(row: Row) -> float:
    assert row.nats is not None
    return min(NATS_MAX, row.nats)


def snippet_tokens(row: Row) -> int:
    tokens = [use["tokens"] for use in row.context]
    return sum(each for each in tokens if isinstance(each, int))


def error_of(changes: Sequence[tuple[str, float]]) -> float:
    """The standard error of the mean with whole files as what is drawn."""
    by_file: dict[str, list[float]] = {}
    for file, change in changes:
        by_file.setdefault(file, []).append(change)
    if len(by_file) < 2:
        return 0.0
    mean = statistics.mean(change for _, change in changes)
    sums = [sum(each) - mean * len(each) for each in by_file.values()]
    return (sum(each**2 for each in sums) * len(sums) / (len(sums) - 1)) ** 0.5 / len(changes)


def line_of(name: str, rows: Rows, base: Rows, kind: str | None) -> dict[str, object]:
    shared = [case for case, row in rows.items() if case in base and kind in (None, row.slices.get("kind"))]
    told = [case for case in shared if snippet_tokens(rows[case])]
    changes = [(cluster_of(rows[case]), nats(rows[case]) - nats(base[case])) for case in told]
    values = [change for _, change in changes]
    return {
        "setting": name,
        "holes": len(shared),
        "told": len(told),
        "tokens": round(mean([snippet_tokens(rows[case]) for case in told])),
        "nats": round(mean([nats(rows[case]) for case in shared]), 2),
        "change": round(mean(values), 2),
        "error": round(error_of(changes), 2),
        "better": sum(each < -CHANGE_MIN for each in values),
        "worse": sum(each > CHANGE_MIN for each in values),
        "find_ms": round(mean([rows[case].timings_ms.get("context", 0.0) for case in shared])),
        **{metric: percent(rows, shared, metric) for metric in ("exact_match", "next_identifier")},
    }


def percent(rows: Rows, cases: Sequence[str], metric: str) -> float:
    values = [rows[case].scores[metric] for case in cases if metric in rows[case].scores]
    return round(100 * mean(values), 1)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def table(lines: Sequence[Mapping[str, object]]) -> str:
    columns = (
        "setting", "holes", "with snippets", "tokens", "nats", "change", "better", "worse", "ms to find",
        "exact", "next identifier",
    )  # fmt: skip
    rows = [
        f"| {each['setting']} | {each['holes']} | {each['told']} | {each['tokens']} | {each['nats']}"
        f" | {each['change']:+} ± {each['error']} | {each['better']} | {each['worse']} | {each['find_ms']}"
        f" | {each['exact_match']} % | {each['next_identifier']} % |"
        for each in lines
    ]
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--against", default="sources=none", metavar="NAME")
    arguments = parser.parse_args()
    found = by_configuration(arguments.runs)
    base = next((rows for name, rows in found.items() if name.endswith(arguments.against)), None)
    if base is None:
        raise SystemExit(f"no configuration ends in {arguments.against!r}: {', '.join(found) or 'no rows'}")
    names, common = short_names(list(found))
    kinds = sorted({row.slices["kind"] for row in base.values() if "kind" in row.slices})
    everything: dict[str, list[dict[str, object]]] = {}
    for kind in (None, *kinds):
        lines = [line_of(short, found[name], base, kind) for name, short in names.items()]
        everything[kind or "all"] = lines
        print(f"{kind or f'all kinds ({common})'}\n\n{table(lines)}\n")
    print(json.dumps(everything))


if __name__ == "__main__":
    main()
