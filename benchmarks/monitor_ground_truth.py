"""Is a right answer ever refused? True lines of real packages, written again under the monitors.

    python -P benchmarks/monitor_ground_truth.py --lines 5000 DIRECTORY...

Each DIRECTORY is one package's source, for example from ``pip download --no-deps``. One to eight lines are
taken out of their file and given to the monitors piece by piece as if a model wrote them, between the text
before and the text after; the analysis worker answers on the text as it is then. No model is needed. Every
refusal is printed with its line. The last line is one JSON object. Goal: less than 0.2 % of the lines with
something refused.
"""

import argparse
import asyncio
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.jedi_options import Options
from holesmith.analysis.questions import ScopeQuestion, Source
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.watch import Document, Watch

FILE_BYTES_MAX = 400_000
LINE_CHARACTERS_MAX = 200
UNANSWERED_MAX = 8
LINES_OF_A_CUT = (1, 1, 2, 4, 8)
# Pieces as a tokenizer of this kind cuts code: a mark glued to the word behind it.
_PIECE = re.compile(r"[^\w\r\n]?\w+| ?[^\w\s]+|\s+")


@dataclass(frozen=True, slots=True)
class Cut:
    """``lines`` of a file from ``number`` on, taken out; ``before`` ends in their indentation."""

    path: Path
    number: int
    before: str
    lines: str
    after: str


@dataclass(slots=True)
class Totals:
    lines: int = 0
    lines_refused: int = 0
    lines_monitored: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])


def cuts_of(path: Path, source: random.Random, count: int) -> Iterator[Cut]:
    text = path.read_text(errors="replace")
    lines = text.splitlines(keepends=True)
    candidates = [
        number
        for number, line in enumerate(lines)
        if 8 <= len(line.strip()) <= LINE_CHARACTERS_MAX and not line.lstrip().startswith("#")
    ]
    for number in sorted(source.sample(candidates, min(count, len(candidates)))):
        stop = number + source.choice(LINES_OF_A_CUT)
        taken = "".join(lines[number:stop])
        indentation = taken[: len(taken) - len(taken.lstrip())]
        before = "".join(lines[:number]) + indentation
        yield Cut(path, number + 1, before, taken.lstrip(), "".join(lines[stop:]))


async def monitored(cut: Cut, client: AnalysisClient, deadline_ms: float) -> MonitorReport:
    document = Document(str(cut.path), "python", cut.before, cut.after)
    watch = Watch(document, "", client, deadline_ms)
    try:
        for piece in _PIECE.findall(cut.lines):
            watch.add(piece.encode())
            if len(watch.unanswered()) >= UNANSWERED_MAX:
                await asyncio.wait(watch.unanswered())
        if watch.unanswered():
            await asyncio.wait(watch.unanswered())
        watch.violation()
        return watch.report(0.0)
    finally:
        watch.close()


async def put_back(cut: Cut, client: AnalysisClient, deadline_ms: float) -> None:
    """Show the file as it was: of other files, analysis sees the last text, not what is on disk."""
    whole = Source(str(cut.path), cut.before + cut.lines + cut.after)
    await client.ask(ScopeQuestion(whole, 0), deadline_ms)


def note(cut: Cut, report: MonitorReport, totals: Totals) -> None:
    totals.lines += sum(1 for line in cut.lines.splitlines() if line.strip())
    totals.lines_refused += bool(report.refusals)
    totals.lines_monitored += report.allowed > 0 or bool(report.refusals)
    for fired in report.fired:
        totals.outcomes[f"{fired.kind} {fired.outcome}"] += 1
        if fired.outcome == "unknown":
            totals.reasons[f"{fired.kind}: {fired.reason[:60]}"] += 1
    for refusal in report.refusals:
        line = next((line for line in cut.lines.splitlines() if refusal.text in line), "").strip()
        print(f"refused {refusal.kind} {refusal.text!r}: {cut.path}:{cut.number}: {line}", flush=True)


async def measure(directory: Path, lines: int, deadline_ms: float, seed: int, totals: Totals) -> None:
    paths = sorted(path for path in directory.rglob("*.py") if 200 < path.stat().st_size < FILE_BYTES_MAX)
    source = random.Random(seed)
    source.shuffle(paths)
    per_file = max(1, -(-lines // max(len(paths), 1)))
    cuts = [cut for path in paths for cut in cuts_of(path, source, per_file)]
    source.shuffle(cuts)
    wanted = totals.lines + lines
    with tempfile.TemporaryDirectory() as cache:
        client = AnalysisClient(Options(str(directory.resolve()), cache))
        try:
            started = await client.warm_up()
            assert started.answer is not None, started.reason
            for cut in cuts:
                if totals.lines >= wanted:
                    break
                note(cut, await monitored(cut, client, deadline_ms), totals)
                await put_back(cut, client, deadline_ms)
        finally:
            await client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--lines", type=int, default=5000, help="of all packages together")
    parser.add_argument("--deadline-ms", type=float, default=5000.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reasons", action="store_true", help="print why lists were not complete")
    options = parser.parse_args()
    totals = Totals()
    began = time.perf_counter()
    share = -(-options.lines // len(options.directories))
    for directory in options.directories:
        asyncio.run(measure(directory.resolve(), share, options.deadline_ms, options.seed, totals))
        print(f"{directory.name}: {totals.lines} lines so far, {totals.lines_refused} refused", flush=True)
    if options.reasons:
        for reason, count in totals.reasons.most_common(25):
            print(f"{count:6} {reason}")
    for outcome, count in sorted(totals.outcomes.items()):
        print(f"{count:6} {outcome}")
    share_refused = totals.lines_refused / max(totals.lines, 1)
    result = {
        "lines": totals.lines,
        "lines_refused": totals.lines_refused,
        "share_refused": round(share_refused, 5),
        "goal": 0.002,
        "lines_monitored": totals.lines_monitored,
        "outcomes": dict(sorted(totals.outcomes.items())),
        "elapsed_s": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
