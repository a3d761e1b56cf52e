"""Measure whether the names that a real model writes exist, with and without monitors and context.

    python -P benchmarks/monitor_identifiers.py --holes 150 --log FILE DIRECTORY...

Each DIRECTORY is the source of one package, best released after the model was trained and not looked at
before. The rest of a line is removed behind a dot, where a name begins or where an argument begins, and the
real model writes it again. Only the first identifier of each answer is judged. "exists" is the share of
identifiers in the list of analysis, over the holes for which that list is complete. "appears" is a rougher
measure that no monitor uses: the share that occurs in the sources of the package or in the builtins. "right"
is the true identifier, "exact_line" the whole true rest of the line.

Every answer is appended to the log as one line of JSON; a run with the same log continues where the last one
ended. `monitor_comparison.py` compares the answers of two logs hole by hole, and `monitor_cost.py` measures
the cost of guidance. The last line is one JSON object.
"""

import argparse
import ast
import asyncio
import builtins
import json
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options as AnalysisOptions
from holesmith.analysis.questions import EnvironmentQuestion, Source
from holesmith.completion.finishing import completion_of
from holesmith.completion.guidance.decoding import decode
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.monitors.registry import MONITOR_OF
from holesmith.completion.monitors.statement import Trigger
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.preparation import Prepared, request_of
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.context.prompt.templates import template_for
from holesmith.engine.interface import Engine
from holesmith.engine.loading.load import load_engine
from holesmith.engine.request import Generation
from holesmith.engine.store.store import find
from holesmith.evaluation.runs.repository_prompt import PatientRetrieval
from holesmith.system.private_files import CACHE_VARIABLE

Kind = Literal["member", "name", "argument"]
KINDS: tuple[Kind, ...] = ("member", "name", "argument")
Variant = Literal["file free", "file guided", "context free", "context guided"]
VARIANTS: tuple[Variant, ...] = ("file free", "file guided", "context free", "context guided")
FILE_BYTES_MAX = 60_000
PREFIX_CHARACTERS_MIN = 300
WARM_UP_MS = 90_000.0
JUDGE_MS = 5_000.0
TURN_HOLES = 12
"""How many holes of one package come in a row: analysis and index are opened once for them."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Hole:
    """``text`` is without the rest of the line, ``truth``."""

    kind: Kind
    path: Path
    text: str
    offset: int
    truth: str


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. ``exists`` is None where analysis cannot list what may stand there, or there is no name."""

    model: str
    variant: Variant
    place: str
    kind: Kind
    truth: str
    text: str
    word: str
    exists: bool | None
    appears: bool
    right: bool
    exact: bool
    tokens: int
    refused: int
    late: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a hole: all names that may stand there, or None; and the words of the package."""

    names: frozenset[str] | None
    words: frozenset[str]


@dataclass(slots=True)
class Log:
    """The rows so far, in a file that outlives the process."""

    path: Path
    rows: list[Row] = field(default_factory=list[Row])

    def load(self) -> None:
        if self.path.exists():
            lines = self.path.read_text(encoding="utf-8").splitlines()
            self.rows = [Row(**json.loads(line)) for line in lines]

    def has(self, model: str, variant: Variant, place: str) -> bool:
        return any((each.model, each.variant, each.place) == (model, variant, place) for each in self.rows)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


@dataclass(slots=True)
class Bench:
    completer: Completer
    client: AnalysisClient
    words: frozenset[str]
    root: Path
    options: Options
    model: str
    log: Log

    async def measure(self, hole: Hole, variants: Sequence[Variant]) -> None:
        """Those variants over one hole that are not in the log."""
        place = f"{self.root.name}/{hole.path.relative_to(self.root)}:{hole.offset}"
        missing: list[Variant] = [each for each in variants if not self.log.has(self.model, each, place)]
        if not missing:
            return
        known = Known(await self._names_at(hole), self.words)
        for context in (False, True):
            wanted: list[Variant] = [each for each in missing if each.startswith("context") == context]
            if not wanted:
                continue
            prepared = await self._prepare(hole, context)
            for variant in wanted:
                self.log.add(await self._row(hole, place, variant, prepared, known))

    async def _prepare(self, hole: Hole, context: bool) -> Prepared:
        snapshot = Snapshot(
            str(hole.path), "python", hole.text, hole.offset, workspace=str(self.root), invoked=True
        )
        options = replace(self.options, context=context)
        hole_context = HoleContext(snapshot)
        await asyncio.to_thread(hole_context.work_out_syntax)
        return await self.completer.prepare(hole_context, options, StageTimer())

    async def _names_at(self, hole: Hole) -> frozenset[str] | None:
        """All that may stand there; None if analysis cannot tell."""
        source = Source(str(hole.path), hole.text)
        monitor = MONITOR_OF["member" if hole.kind == "member" else "name"]
        reply = await self.client.ask(monitor.question(source, hole.offset, ""), JUDGE_MS)
        trigger = Trigger(monitor.kind, 0, 0)
        choices = None if reply.answer is None else monitor.choices(trigger, reply.answer, "")
        return None if choices is None else choices.names

    async def _row(self, hole: Hole, place: str, variant: Variant, prepared: Prepared, known: Known) -> Row:
        middle, generation, report = await self._decode(prepared, variant.endswith("guided"))
        completion, _ = completion_of(middle, generation, prepared)
        text = "" if completion is None else completion.text
        found, true = _IDENTIFIER.match(text.lstrip()), _IDENTIFIER.match(hole.truth)
        word = found[0] if found else ""
        return Row(
            model=self.model,
            variant=variant,
            place=place,
            kind=hole.kind,
            truth=hole.truth,
            text=text,
            word=word,
            exists=exists(hole.kind, text, word, known.names),
            appears=word in known.words,
            right=bool(true) and word == (true[0] if true else ""),
            exact=text.strip() == hole.truth.strip(),
            tokens=len(generation.tokens),
            refused=report.refused,
            late=report.outcomes()["late"],
        )

    async def _decode(self, prepared: Prepared, monitor: bool) -> tuple[Middle, Generation, MonitorReport]:
        healed_prefix = prepared.prompt.healed_prefix
        middle = Middle(healed_prefix, self.completer.engine.vocabulary.token_bytes)
        request = request_of(prepared.prompt, self.options)

        def is_finished() -> bool:
            return prepared.stop_of(middle.text) is not None

        watcher: Watcher | None = None
        if monitor:
            watcher = Watcher(prepared.document, healed_prefix, self.client, self.options.answer_ms_max)
        return middle, *await decode(self.completer.engine, request, middle, is_finished, watcher)


def exists(kind: Kind, text: str, word: str, names: frozenset[str] | None) -> bool | None:
    """A keyword's name is no name in scope, and the prefix of a literal is no name at all."""
    following = text.lstrip()[len(word) :]
    is_keyword = kind == "argument" and following.lstrip().startswith("=")
    if names is None or not word or is_keyword or following[:1] in ("'", '"'):
        return None
    return word in names


def holes_of(path: Path) -> dict[Kind, list[Hole]]:
    """All holes of a file; none if Python cannot parse it."""
    found: dict[Kind, list[Hole]] = {kind: [] for kind in KINDS}
    text = path.read_bytes().decode(errors="replace")
    lines = text.split("\n")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return found
    if "\r" in text or "\f" in text:
        return found
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def add(kind: Kind, line: int, column_bytes: int, back: int = 0) -> None:
        start = starts[line - 1] + len(lines[line - 1].encode()[:column_bytes].decode()) - back
        stop = starts[line] - 1
        truth = text[start:stop]
        if start >= PREFIX_CHARACTERS_MIN and _IDENTIFIER.match(truth):
            found[kind].append(Hole(kind, path, text[:start] + text[stop:], start, truth))

    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ctx=ast.Load()):
                add("member", node.end_lineno or 1, node.end_col_offset or 0, len(node.attr))
            case ast.Name(ctx=ast.Load()):
                add("name", node.lineno, node.col_offset)
            case ast.Call(args=[first, *_]) | ast.Call(keywords=[first, *_]):
                add("argument", first.lineno, first.col_offset)
            case _:
                pass
    return found


def sample(directory: Path, kinds: Sequence[Kind], holes_max: int, seed: int) -> Iterator[Hole]:
    chooser = random.Random(seed)
    files = [path for path in sorted(directory.rglob("*.py")) if path.stat().st_size < FILE_BYTES_MAX]
    chooser.shuffle(files)
    count = 0
    for path in files:
        by_kind = holes_of(path)
        for kind in kinds:
            if by_kind[kind] and count < holes_max:
                yield chooser.choice(by_kind[kind])
                count += 1


def words_of(directory: Path) -> frozenset[str]:
    words = {name for owner in (builtins, str, list, dict, set, object) for name in dir(owner)}
    for path in directory.rglob("*.py"):
        words.update(_IDENTIFIER.findall(path.read_text(errors="replace")))
    return frozenset(words)


async def run(directories: Sequence[Path], arguments: argparse.Namespace, log: Log) -> None:
    """Some holes of each package in turn, so that an early end leaves no package out."""
    engine = load_engine(find(arguments.model), "cpu")
    holes = {
        each: list(sample(each, arguments.kinds, arguments.holes, arguments.seed)) for each in directories
    }
    stop_at = time.monotonic() + arguments.seconds
    share = -(-arguments.holes // len(directories))
    try:
        for first in range(0, share, TURN_HOLES):
            for directory in directories:
                turn = holes[directory][first : first + TURN_HOLES]
                await run_package(directory, turn, engine, arguments, log, stop_at)
    finally:
        await engine.close()


async def run_package(
    directory: Path,
    holes: Sequence[Hole],
    engine: Engine,
    arguments: argparse.Namespace,
    log: Log,
    stop_at: float,
) -> None:
    options = Options(
        lines="single",
        tokens_max=arguments.tokens,
        prompt_tokens_max=arguments.prompt_tokens,
        answer_ms_max=arguments.answer_ms,
    )
    has_context = any(each.startswith("context") for each in arguments.variants)
    retrieval = PatientRetrieval() if has_context else None
    completer = Completer(engine, template_for(engine.vocabulary), retrieval=retrieval)
    client = AnalysisClient(AnalysisOptions(str(directory)))
    try:
        await warm_up(client)
        bench = Bench(completer, client, words_of(directory), directory, options, arguments.model, log)
        for hole in holes:
            if time.monotonic() < stop_at:
                await bench.measure(hole, arguments.variants)
    finally:
        await client.close()
        if retrieval is not None:
            retrieval.close()


async def warm_up(client: AnalysisClient) -> None:
    """Without analysis nothing would be refused, and nothing measured."""
    reply = await client.ask(EnvironmentQuestion(), WARM_UP_MS)
    if reply.answer is None:
        raise SystemExit(f"static analysis does not work: {reply.reason}")


def summary(rows: Sequence[Row]) -> dict[str, float]:
    judged = [each.exists for each in rows if each.exists is not None]
    count = max(len(rows), 1)
    return {
        "holes": len(rows),
        "judged": len(judged),
        "exists": round(sum(judged) / max(len(judged), 1), 4),
        "appears": round(sum(each.appears for each in rows) / count, 4),
        "right": round(sum(each.right for each in rows) / count, 4),
        "exact_line": round(sum(each.exact for each in rows) / count, 4),
        "tokens": sum(each.tokens for each in rows),
        "refused": sum(each.refused for each in rows),
        "late": sum(each.late for each in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--log", type=Path, default=Path("monitor_identifiers.jsonl"))
    parser.add_argument("--holes", type=int, default=150, help="of all packages together")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--answer-ms", type=float, default=Options().answer_ms_max)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no hole after so long")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    log = Log(arguments.log)
    log.load()
    with tempfile.TemporaryDirectory() as cache:
        os.environ[CACHE_VARIABLE] = cache
        asyncio.run(run([each.resolve() for each in arguments.directories], arguments, log))
    scores: dict[str, dict[str, float]] = {}
    for variant in VARIANTS:
        rows = [each for each in log.rows if each.variant == variant and each.model == arguments.model]
        if rows:
            scores[variant] = summary(rows)
            print(f"{variant:15}", ", ".join(f"{name} {value}" for name, value in scores[variant].items()))
    packages = [each.name for each in arguments.directories]
    data = {"benchmark": "monitor_identifiers", "model": arguments.model, "packages": packages}
    print(json.dumps({**data, "scores": scores}))


if __name__ == "__main__":
    main()
