"""Do the names exist that a real model writes, with and without monitors, with and without context?

    python -P benchmarks/monitor_identifiers.py --holes 150 --context DIRECTORY...

Each DIRECTORY is one package's source, best released after the model was trained and not looked at before.
The rest of a line is taken away behind a dot, where a name begins, or where an argument begins; the real
model writes it again. Of each answer the first identifier is looked at. "exists": of the holes where analysis
can list all that may stand there, the share whose identifier is in the list. "appears" is a rougher question
that no monitor asks: whether the package's sources or the builtins hold the word at all. "right" is the true
identifier, "exact_line" the whole rest of the line.

Decoding is timed with the prompt already read. "optimistic" is what guidance added; "waiting" is how long
decoding would have stood still had it waited for every answer, one after another. Both are taken where the
monitors changed nothing, so that the same text was decoded. With ``--cold`` the guided times are with the
prompt's, during which analysis works already, and only "waited_ms" compares: how long the finished text was
held back for answers. The last line is one JSON object.
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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from holesmith.analysis.client import AnalysisClient, Reply
from holesmith.analysis.jedi_options import Options as AnalysisOptions
from holesmith.analysis.questions import A, EnvironmentQuestion, Question, Source
from holesmith.completion.complete import (
    Completer,
    Prepared,
    completion_of,
    decode_freely,
    document_of,
    request_of,
)
from holesmith.completion.guided import GuidedDecoding
from holesmith.completion.middle import Middle
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.monitors import choices_of, question_of
from holesmith.completion.options import Options
from holesmith.completion.repository_prompt import PatientRetrieval
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stopwatch import Stopwatch
from holesmith.completion.watch import Watch
from holesmith.context.index.location import CACHE_VARIABLE
from holesmith.context.templates import template_for
from holesmith.engine.loading import load_engine
from holesmith.engine.seam import Engine
from holesmith.engine.store import find

Kind = Literal["member", "name", "argument"]
KINDS: tuple[Kind, ...] = ("member", "name", "argument")
FILE_BYTES_MAX = 60_000
PREFIX_CHARACTERS_MIN = 300
WARM_UP_MS = 90_000.0
JUDGE_MS = 5_000.0
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Hole:
    """``text`` is without the rest of the line, ``truth``."""

    kind: Kind
    path: Path
    text: str
    offset: int
    truth: str


@dataclass(slots=True)
class Score:
    """Counts over holes, and the milliseconds of decoding."""

    holes: int = 0
    judged: int = 0
    existing: int = 0
    appearing: int = 0
    right: int = 0
    exact: int = 0
    tokens: int = 0
    refused: int = 0
    late: int = 0
    waited_ms: float = 0.0
    decode_ms: float = 0.0
    answers_ms: float = 0.0

    def summary(self) -> dict[str, float]:
        return {
            "holes": self.holes,
            "judged": self.judged,
            "exists": round(self.existing / max(self.judged, 1), 4),
            "appears": round(self.appearing / max(self.holes, 1), 4),
            "right": round(self.right / max(self.holes, 1), 4),
            "exact_line": round(self.exact / max(self.holes, 1), 4),
            "tokens": self.tokens,
            "refused": self.refused,
            "late": self.late,
            "waited_ms": round(self.waited_ms, 1),
            "decode_ms": round(self.decode_ms, 1),
            "answers_ms": round(self.answers_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Decoded:
    """One completion, and what its decoding took."""

    text: str
    tokens: int
    refused: int
    late: int
    waited_ms: float
    decode_ms: float
    answers_ms: float


@dataclass(slots=True)
class TimedAnalyst:
    """Passes questions on, and adds up how long the answers took."""

    client: AnalysisClient
    answers_ms: float = 0.0

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        reply = await self.client.ask(question, deadline_ms)
        self.answers_ms += reply.elapsed_ms
        return reply


@dataclass(slots=True)
class Results:
    """``unchanged`` are the pairs, free and guided, in which monitors changed nothing."""

    scores: dict[str, Score] = field(default_factory=dict[str, Score])
    unchanged: list[tuple[Decoded, Decoded]] = field(default_factory=list[tuple[Decoded, Decoded]])


@dataclass(slots=True)
class Bench:
    completer: Completer
    client: AnalysisClient
    words: frozenset[str]
    root: Path
    options: Options
    is_cold: bool
    results: Results

    async def measure(self, hole: Hole, is_shown: bool) -> None:
        """All variants over one hole."""
        names = await self._names_at(hole)
        variants = (False, True) if self.completer.retrieval is not None else (False,)
        for context in variants:
            snapshot = Snapshot(
                str(hole.path), "python", hole.text, hole.offset, workspace=str(self.root), invoked=True
            )
            options = replace(self.options, context=context)
            prepared = await asyncio.to_thread(self.completer.prepare, snapshot, options, None, Stopwatch())
            if isinstance(prepared, str):
                return
            if not self.is_cold:
                await self._read_prompt(prepared)
            decoded = await self._both(hole, prepared)
            for monitor, each in decoded.items():
                label = f"{'context' if context else 'file'} {'guided' if monitor else 'free'}"
                score(self.results.scores.setdefault(label, Score()), hole, each, names, self.words)
                if is_shown:
                    print(
                        f"{label:15} {hole.kind:8} {hole.truth.strip()[:50]!r:54} {each.text[:50]!r}",
                        flush=True,
                    )
            if decoded[False].text == decoded[True].text:
                self.results.unchanged.append((decoded[False], decoded[True]))

    async def _both(self, hole: Hole, prepared: Prepared) -> dict[bool, Decoded]:
        """Guided and free, in random order; guided first where it has to read the prompt."""
        if self.is_cold:
            return {monitor: await self._decode(prepared, monitor) for monitor in (True, False)}
        order = random.Random(hole.offset).sample((False, True), 2)
        return {monitor: await self._decode(prepared, monitor) for monitor in order}

    async def _names_at(self, hole: Hole) -> frozenset[str] | None:
        """All that may stand there; None if analysis cannot tell."""
        source = Source(str(hole.path), hole.text)
        kind = "member" if hole.kind == "member" else "name"
        reply = await self.client.ask(question_of(kind, source, hole.offset), JUDGE_MS)
        choices = None if reply.answer is None else choices_of(reply.answer)
        return None if choices is None else choices.names

    async def _read_prompt(self, prepared: Prepared) -> None:
        """Leaves the prompt in the engine's prefix cache."""
        stream = self.completer.engine.start(replace(request_of(prepared.prompt, self.options), tokens_max=1))
        await stream.result()

    async def _decode(self, prepared: Prepared, monitor: bool) -> Decoded:
        required = prepared.prompt.required
        middle = Middle(required, self.completer.engine.vocabulary.token_bytes)
        request = request_of(prepared.prompt, self.options)
        report, analyst = MonitorReport(), TimedAnalyst(self.client)

        def is_finished() -> bool:
            return prepared.stop_of(middle.text) is not None

        started = time.perf_counter()
        if monitor:
            document = document_of(prepared.snapshot, required)
            watch = Watch(document, required, analyst, self.options.answer_ms_max)
            decoding = GuidedDecoding(self.completer.engine, request, middle, is_finished, watch)
            generation = await decoding.run()
            report = watch.report(decoding.waited_ms)
        else:
            generation = await decode_freely(self.completer.engine, request, middle, is_finished)
        decode_ms = (time.perf_counter() - started) * 1000
        completion, _ = completion_of(middle, generation, prepared)
        text = "" if completion is None else completion.text
        late = report.outcomes()["late"]
        tokens, refused, waited_ms = len(generation.tokens), report.refused, report.waited_ms
        return Decoded(text, tokens, refused, late, waited_ms, decode_ms, analyst.answers_ms)


def score(
    into: Score, hole: Hole, decoded: Decoded, names: frozenset[str] | None, words: frozenset[str]
) -> None:
    text = decoded.text
    into.holes += 1
    into.tokens += decoded.tokens
    into.refused += decoded.refused
    into.late += decoded.late
    into.waited_ms += decoded.waited_ms
    into.decode_ms += decoded.decode_ms
    into.answers_ms += decoded.answers_ms
    into.exact += text.strip() == hole.truth.strip()
    found, true = _IDENTIFIER.match(text.lstrip()), _IDENTIFIER.match(hole.truth)
    word = found[0] if found else ""
    into.right += bool(true) and word == (true[0] if true else "")
    into.appearing += word in words
    # A keyword's name is no name in scope, and a literal is no name at all.
    is_keyword = bool(found) and text.lstrip()[len(word) :].lstrip().startswith("=")
    is_literal = bool(found) and text.lstrip()[len(word) :][:1] in ("'", '"')
    if names is not None and found and not is_literal and not (hole.kind == "argument" and is_keyword):
        into.judged += 1
        into.existing += word in names


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


async def run(directories: Sequence[Path], arguments: argparse.Namespace) -> Results:
    engine, results = load_engine(find(arguments.model), "cpu"), Results()
    try:
        for directory in directories:
            await run_package(directory, engine, arguments, results)
    finally:
        await engine.close()
    return results


async def run_package(
    directory: Path, engine: Engine, arguments: argparse.Namespace, results: Results
) -> None:
    count = len(arguments.directories)
    stop_at = time.monotonic() + arguments.seconds / count
    options = Options(
        lines="single",
        tokens_max=arguments.tokens,
        prompt_tokens_max=arguments.prompt_tokens,
        answer_ms_max=arguments.answer_ms,
    )
    retrieval = PatientRetrieval() if arguments.context else None
    completer = Completer(engine, template_for(engine.vocabulary), retrieval=retrieval)
    with tempfile.TemporaryDirectory() as cache:
        client = AnalysisClient(AnalysisOptions(str(directory), cache))
        try:
            await warm_up(client)
            bench = Bench(completer, client, words_of(directory), directory, options, arguments.cold, results)
            for hole in sample(directory, arguments.kinds, -(-arguments.holes // count), arguments.seed):
                if time.monotonic() < stop_at:
                    await bench.measure(hole, arguments.show)
        finally:
            await client.close()
            if retrieval is not None:
                retrieval.close()


async def warm_up(client: AnalysisClient) -> None:
    """Without analysis nothing would be refused, and nothing measured."""
    reply = await client.ask(EnvironmentQuestion(), WARM_UP_MS)
    if reply.answer is None:
        raise SystemExit(f"static analysis does not work: {reply.reason}")


def overhead(pairs: Sequence[tuple[Decoded, Decoded]]) -> dict[str, float]:
    """Extra time of decoding as a share of the free time, over pairs in which both wrote the same."""
    free_ms = sum(free.decode_ms for free, _ in pairs) or 1e-9
    return {
        "pairs": len(pairs),
        "optimistic": round(sum(guided.decode_ms for _, guided in pairs) / free_ms - 1, 4),
        "waiting": round(sum(guided.answers_ms for _, guided in pairs) / free_ms, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--holes", type=int, default=150, help="of all packages together")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--answer-ms", type=float, default=Options().answer_ms_max)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no hole after so long")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--context", action="store_true", help="also with the repository in the prompt")
    parser.add_argument("--cold", action="store_true", help="guided decoding reads the prompt as well")
    parser.add_argument("--show", action="store_true", help="print every completion beside the truth")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ[CACHE_VARIABLE] = cache
        results = asyncio.run(run([each.resolve() for each in arguments.directories], arguments))
    for label, each in results.scores.items():
        print(f"{label:15}", ", ".join(f"{name} {value}" for name, value in each.summary().items()))
    extra = overhead(results.unchanged)
    print(f"overhead of guidance on decoding where it changed nothing: {extra}")
    data = {
        "benchmark": "monitor_identifiers",
        "model": arguments.model,
        "packages": [each.name for each in arguments.directories],
        "scores": {label: each.summary() for label, each in results.scores.items()},
        "overhead": extra,
    }
    print(json.dumps(data))


if __name__ == "__main__":
    main()
