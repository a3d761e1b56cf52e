"""Measure the members before a dot on real packages: coverage, wrong verdicts, latency and memory.

    python benchmarks/analysis_attribute_sites.py --sites 300 DIRECTORY...

Each DIRECTORY is the source of a package, for example from ``pip download --no-deps``. At a sample of its
attribute accesses, the benchmark removes the name and the rest of the line, as if they were not written yet,
and asks the worker for the members there. The first question of a file is cold for that file; the first
question of a package is cold for everything. The lower bound beside the latencies is the time of a question
that needs no analysis, sent through the same pipes. The last line is one JSON object.
"""

import argparse
import ast
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from holesmith.analysis.answers import Members
from holesmith.analysis.blocking_client import BlockingAnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import CallQuestion, MembersQuestion, Source

FILE_BYTES_MAX = 500_000
SITES_PER_FILE_MAX = 5


@dataclass(frozen=True, slots=True)
class Site:
    """A cut text with the name that stood at the cut."""

    path: Path
    line: int
    text: str
    offset: int
    name: str
    is_assigned: bool


@dataclass(slots=True)
class Outcome:
    """What was counted in one package. "wrong" is a list called complete that lacks the true name;
    "unless assigned" adds the lists that promise so for anything but an assignment."""

    package: str
    lines: int = 0
    sites: int = 0
    answered: int = 0
    with_truth: int = 0
    complete: int = 0
    complete_unless_assigned: int = 0
    wrong: int = 0
    late: int = 0
    failed: int = 0
    cold_start_ms: float = 0.0
    memory_mib: float = 0.0
    floor_ms: float = 0.0
    cold_ms: list[float] = field(default_factory=list[float])
    warm_ms: list[float] = field(default_factory=list[float])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=lambda text: Path(text).resolve())
    parser.add_argument("--sites", type=int, default=300, help="per package")
    parser.add_argument("--deadline-ms", type=float, default=2000.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reasons", action="store_true", help="print why lists were not complete")
    options = parser.parse_args()
    reasons: Counter[str] = Counter()
    outcomes = [
        measure(directory, options.sites, options.deadline_ms, options.seed, reasons)
        for directory in options.directories
    ]
    for outcome in outcomes:
        print(line_of(outcome))
    total = total_of(outcomes)
    print(line_of(total))
    if options.reasons:
        for reason, count in reasons.most_common(30):
            print(f"{count:6} {reason}")
    print(
        json.dumps(
            {
                "benchmark": "analysis_attribute_sites",
                "packages": [summary(each) for each in outcomes],
                "total": summary(total),
            }
        )
    )


def measure(directory: Path, sites_max: int, deadline_ms: float, seed: int, reasons: Counter[str]) -> Outcome:
    outcome = Outcome(directory.name)
    files = sorted(directory.rglob("*.py"))
    outcome.lines = sum(path.read_bytes().count(b"\n") for path in files)
    with BlockingAnalysisClient(Options(str(directory.parent))) as client:
        started = time.perf_counter()
        client.warm_up()
        outcome.cold_start_ms = (time.perf_counter() - started) * 1000
        outcome.floor_ms = floor_ms(client)
        seen: set[Path] = set()
        for site in sample(files, sites_max, seed):
            ask(client, site, deadline_ms, outcome, reasons, is_cold=site.path not in seen)
            seen.add(site.path)
        outcome.memory_mib = client.status.memory_bytes / 2**20
    return outcome


def floor_ms(client: BlockingAnalysisClient) -> float:
    """The way to the worker and back: no call stands at the beginning of an empty text."""
    samples: list[float] = []
    for _ in range(20):
        started = time.perf_counter()
        client.ask(CallQuestion(Source(None, ""), 0), 1000)
        samples.append((time.perf_counter() - started) * 1000)
    return statistics.median(samples)


def ask(
    client: BlockingAnalysisClient,
    site: Site,
    deadline_ms: float,
    outcome: Outcome,
    reasons: Counter[str],
    *,
    is_cold: bool,
) -> None:
    question = MembersQuestion(Source(str(site.path), site.text), site.offset)
    started = time.perf_counter()
    reply = client.ask(question, deadline_ms)
    (outcome.cold_ms if is_cold else outcome.warm_ms).append((time.perf_counter() - started) * 1000)
    outcome.sites += 1
    if reply.answer is None:
        outcome.late += reply.reason == "late"
        outcome.failed += reply.reason != "late"
        reasons[reply.reason] += 1
        return
    names = {member.name for member in reply.answer.members}
    outcome.answered += bool(names)
    outcome.with_truth += site.name in names
    outcome.complete += reply.answer.is_complete
    outcome.complete_unless_assigned += reply.answer.is_complete_unless_assigned
    if is_broken(site, reply.answer, names):
        outcome.wrong += 1
        print(f"wrong: {site.path}:{site.line} lacks {site.name} of {reply.answer.receiver_type}")
    if not reply.answer.is_complete:
        reasons[reply.answer.reason] += 1


def is_broken(site: Site, answer: Members, names: set[str]) -> bool:
    """Whether a promise of completeness was not kept."""
    promised = answer.is_complete or (answer.is_complete_unless_assigned and not site.is_assigned)
    return promised and site.name not in names


def sample(files: list[Path], sites_max: int, seed: int) -> Iterator[Site]:
    chooser = random.Random(seed)
    shuffled = [path for path in files if path.stat().st_size < FILE_BYTES_MAX]
    chooser.shuffle(shuffled)
    count = 0
    for path in shuffled:
        sites = sites_of(path)
        for site in chooser.sample(sites, min(SITES_PER_FILE_MAX, len(sites))):
            yield site
            count += 1
            if count == sites_max:
                return


def sites_of(path: Path) -> list[Site]:
    """Every attribute access of a file that Python can parse."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return [
        site
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (site := site_of(path, text, starts, lines, node))
    ]


def site_of(path: Path, text: str, starts: list[int], lines: list[str], node: ast.Attribute) -> Site | None:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    if node.end_lineno > len(lines):
        return None
    column = len(lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode(errors="replace"))
    stop = starts[node.end_lineno - 1] + column
    offset = stop - len(node.attr)
    if text[offset:stop] != node.attr or text[offset - 1] != ".":
        return None
    rest = text.find("\n", offset)
    cut = text[:offset] + (text[rest:] if rest >= 0 else "")
    return Site(path, node.end_lineno, cut, offset, node.attr, not isinstance(node.ctx, ast.Load))


def total_of(outcomes: list[Outcome]) -> Outcome:
    total = Outcome("total")
    for each in outcomes:
        for name in (
            "lines",
            "sites",
            "answered",
            "with_truth",
            "complete",
            "complete_unless_assigned",
            "wrong",
            "late",
            "failed",
        ):
            setattr(total, name, getattr(total, name) + getattr(each, name))
        total.cold_ms += each.cold_ms
        total.warm_ms += each.warm_ms
        total.cold_start_ms = max(total.cold_start_ms, each.cold_start_ms)
        total.memory_mib = max(total.memory_mib, each.memory_mib)
        total.floor_ms = max(total.floor_ms, each.floor_ms)
    return total


def percentile(samples: list[float], share: float) -> float:
    return sorted(samples)[min(int(len(samples) * share), len(samples) - 1)] if samples else 0.0


def share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.1f} %" if whole else "-"


def line_of(outcome: Outcome) -> str:
    sites = outcome.sites
    cold = f"p50 {percentile(outcome.cold_ms, 0.5):.0f} p90 {percentile(outcome.cold_ms, 0.9):.0f} ms"
    warm = f"p50 {percentile(outcome.warm_ms, 0.5):.0f} p90 {percentile(outcome.warm_ms, 0.9):.0f} ms"
    wrong_share = 100 * outcome.wrong / max(outcome.complete_unless_assigned, 1)
    facts = (
        f"{outcome.package} ({outcome.lines:,} lines, {sites} sites)",
        f"answered {share(outcome.answered, sites)}, truth in list {share(outcome.with_truth, sites)}",
        f"complete {share(outcome.complete, sites)}",
        f"unless assigned {share(outcome.complete_unless_assigned, sites)}",
        f"wrong {outcome.wrong} ({wrong_share:.2f} % of complete)",
        f"late {outcome.late}, failed {outcome.failed}",
        f"cold {cold}, warm {warm}, floor {outcome.floor_ms:.1f} ms",
        f"start {outcome.cold_start_ms:.0f} ms, memory {outcome.memory_mib:.0f} MiB",
    )
    return "; ".join(facts)


def summary(outcome: Outcome) -> dict[str, object]:
    data = asdict(outcome)
    for name in ("cold_ms", "warm_ms"):
        samples = data.pop(name)
        data[f"{name}_p50"] = round(percentile(samples, 0.5), 1)
        data[f"{name}_p90"] = round(percentile(samples, 0.9), 1)
    return data


if __name__ == "__main__":
    main()
