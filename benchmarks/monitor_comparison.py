"""Compare two ways to complete the same holes, hole by hole, and test whether one is better by chance only.

    python -P benchmarks/monitor_comparison.py LOG:VARIANT LOG:VARIANT

The logs come from `monitor_identifiers.py`, each of one model; only holes in both logs count. For each
measure, the benchmark prints both shares; their difference with its 95 % interval, by resampling files,
because the holes of one file are alike; on how many holes only the first or only the second is right; and the
probability that chance alone gives so uneven a split (two-sided sign test). The last line is one JSON object.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import comb
from pathlib import Path
from typing import Any

SAMPLES = 4_000
Row = Mapping[str, Any]
Pair = tuple[Row, Row]

MEASURES: dict[str, Callable[[Row], bool | None]] = {
    "exists": lambda row: row["exists"],
    "right": lambda row: row["right"],
    "exact_line": lambda row: row["exact"],
}


def rows_of(source: str) -> dict[str, Row]:
    path, _, variant = source.rpartition(":")
    rows = (json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines())
    return {row["place"]: row for row in rows if row["variant"] == variant}


def compared(pairs: Sequence[Pair], measure: Callable[[Row], bool | None], seed: int) -> dict[str, Any]:
    """The comparison over the pairs for which both are told."""
    by_file: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for first, second in pairs:
        found = measure(first), measure(second)
        if found[0] is not None and found[1] is not None:
            by_file[first["place"].rpartition(":")[0]].append((found[0], found[1]))
    told = [each for group in by_file.values() for each in group]
    if not told:
        return {"holes": 0}
    only_first = sum(a and not b for a, b in told)
    only_second = sum(b and not a for a, b in told)
    low, high = interval(list(by_file.values()), random.Random(seed))
    return {
        "holes": len(told),
        "first": round(sum(a for a, _ in told) / len(told), 4),
        "second": round(sum(b for _, b in told) / len(told), 4),
        "difference": round((only_first - only_second) / len(told), 4),
        "interval": [round(low, 4), round(high, 4)],
        "only_first": only_first,
        "only_second": only_second,
        "chance": round(sign_test(only_first, only_second), 4),
    }


def interval(files: Sequence[Sequence[tuple[bool, bool]]], chooser: random.Random) -> tuple[float, float]:
    """95 % of the differences that come of drawing as many files, each perhaps several times."""
    differences: list[float] = []
    for _ in range(SAMPLES):
        drawn = [each for group in chooser.choices(files, k=len(files)) for each in group]
        differences.append(sum(a - b for a, b in drawn) / len(drawn))
    differences.sort()
    return differences[SAMPLES * 25 // 1000], differences[SAMPLES * 975 // 1000]


def sign_test(first: int, second: int) -> float:
    """How likely a fair coin is to split so many holes at least as unevenly."""
    count = first + second
    tail = sum(comb(count, each) for each in range(min(first, second) + 1)) / 2**count
    return min(1.0, 2 * tail)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", help="a log, a colon and a variant, such as small.jsonl:context guided")
    parser.add_argument("second")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    first, second = rows_of(arguments.first), rows_of(arguments.second)
    pairs = [(first[place], second[place]) for place in first if place in second]
    data: dict[str, Any] = {"benchmark": "monitor_comparison", "pairs": len(pairs)}
    for name, measure in MEASURES.items():
        data[name] = compared(pairs, measure, arguments.seed)
        print(f"{name:11}", ", ".join(f"{key} {value}" for key, value in data[name].items()))
    print(json.dumps(data))


if __name__ == "__main__":
    main()
