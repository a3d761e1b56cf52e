"""Measure the index of a workspace: time to first use and in full, size, memory, updates and queries.

``python -P benchmarks/context_index.py ROOT [--updates N]``. ROOT is any folder of sources, best with about a
million lines. The real background process builds the index, in a folder of its own. No file of ROOT is
changed: an update stores a file again, as if it had been saved. The lower bound that is printed beside the
build is the time to read and parse the same files, without which no index is possible. The last line is one
JSON object.
"""

import argparse
import json
import os
import queue
import random
import statistics
import tempfile
import time
from pathlib import Path

from holesmith.analysis.languages import language_of
from holesmith.analysis.outline.syntax_tree import parse
from holesmith.context.identifiers import terms_of
from holesmith.context.index.location import database_of
from holesmith.context.index.process.background import BackgroundIndexer, Event
from holesmith.context.index.reader import Index
from holesmith.system.private_files import CACHE_VARIABLE

EVENT_TIMEOUT_S = 600.0
PARSED_SAMPLE = 200


class Build:
    """One build, watched from outside."""

    def __init__(self, root: Path) -> None:
        self._events: queue.Queue[tuple[float, Event]] = queue.Queue()
        self._started = time.perf_counter()
        self.indexer = BackgroundIndexer(root, lambda event: self._events.put((time.perf_counter(), event)))

    def first_use_s(self) -> float:
        """Until the first files are there to be searched, the start of the process included."""
        self.indexer.scan()
        while True:
            at, event = self._next()
            if event["event"] == "progress" and event["files_done"]:
                return at - self._started

    def report(self) -> tuple[float, Event]:
        while True:
            at, event = self._next()
            if event["event"] == "scanned":
                return at - self._started, event

    def update_ms(self, path: str) -> tuple[float, float]:
        """As the indexer measures it, and from asking to hearing that it is done."""
        started = time.perf_counter()
        self.indexer.update([path])
        at, event = self._next()
        return event["duration_ms"], (at - started) * 1000

    def memory_mb(self) -> float:
        """The most that the process ever held; 0 where the system does not say."""
        process = self.indexer.process
        status = Path(f"/proc/{process.pid if process else 0}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)

    def processor_s(self) -> float:
        """Processor time used so far, which other work on the machine does not stretch much."""
        process = self.indexer.process
        status = Path(f"/proc/{process.pid if process else 0}/stat")
        if not status.exists():
            return 0.0
        fields = status.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _next(self) -> tuple[float, Event]:
        at, event = self._events.get(timeout=EVENT_TIMEOUT_S)
        if event["event"] == "failed":
            raise SystemExit(f"the indexer failed: {event['message']}")
        return at, event


def parse_only_s(root: Path, index: Index, sample: list[str]) -> float:
    """Processor time that reading and parsing every file would take, from a sample of them."""
    started, characters = time.process_time(), 0
    for path in sample:
        text = (root / path).read_text("utf-8", "replace")
        parse(language_of(path), text)
        characters += len(text)
    total = sum((root / path).stat().st_size for path in index.paths())
    return (time.process_time() - started) * total / max(1, characters)


def queries_ms(index: Index, sample: list[str]) -> list[float]:
    """BM25 with the terms of twenty lines, as a completion asks."""
    times: list[float] = []
    for path in sample:
        lines = (index.text(path) or "").split("\n")
        middle = len(lines) // 2
        terms = terms_of("\n".join(lines[middle : middle + 20]))
        started = time.perf_counter()
        index.search(terms, 24, without=path)
        times.append((time.perf_counter() - started) * 1000)
    return times


def measure(root: Path, updates: int) -> dict[str, float]:
    build = Build(root)
    try:
        first_s = build.first_use_s()
        full_s, report = build.report()
        processor_s = build.processor_s()
        index = Index(database_of(root))
        sample = random.Random(1).sample(sorted(index.paths()), min(PARSED_SAMPLE, len(index.paths())))
        own, seen = zip(*(build.update_ms(path) for path in sample[:updates]), strict=True)
        query_times = queries_ms(index, sample[:updates])
        rescan_started = time.perf_counter()
        build.indexer.scan()
        build.report()
        return {
            "files": report["files"],
            "lines": report["lines"],
            "first_use_s": first_s,
            "full_s": full_s,
            "processor_s": processor_s,
            "parse_only_s": parse_only_s(root, index, sample),
            "rescan_s": time.perf_counter() - rescan_started,
            "index_mb": sum(f.stat().st_size for f in database_of(root).parent.iterdir()) / 1e6,
            "memory_mb": build.memory_mb(),
            "update_ms": statistics.median(own),
            "update_ms_p95": sorted(own)[int(len(own) * 0.95)],
            "update_heard_ms": statistics.median(seen),
            "query_ms": statistics.median(query_times),
            "query_ms_p95": sorted(query_times)[int(len(query_times) * 0.95)],
        }
    finally:
        build.indexer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("root", type=Path)
    parser.add_argument("--updates", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = folder
        figures = measure(arguments.root.resolve(), arguments.updates)
    print(f"{figures['files']:,} files, {figures['lines']:,} lines, load average {os.getloadavg()[0]:.1f}")
    print(
        f"first use {figures['first_use_s']:.1f} s, full build {figures['full_s']:.1f} s, of which"
        f" {figures['processor_s']:.1f} s on a processor"
    )
    print(f"limit: reading and parsing alone {figures['parse_only_s']:.1f} s")
    print(f"a scan that finds nothing new {figures['rescan_s']:.2f} s")
    print(f"index {figures['index_mb']:.0f} MB, memory of the process {figures['memory_mb']:.0f} MB at most")
    print(
        f"update of one file {figures['update_ms']:.1f} ms (p95 {figures['update_ms_p95']:.1f}),"
        f" {figures['update_heard_ms']:.1f} ms until heard of"
    )
    print(f"query {figures['query_ms']:.1f} ms (p95 {figures['query_ms_p95']:.1f})")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
