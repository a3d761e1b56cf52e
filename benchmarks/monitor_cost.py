"""Measure what monitors cost while the model decodes, in wall time and in processor time.

    python -P benchmarks/monitor_cost.py --holes 60 DIRECTORY...

Each DIRECTORY is the source of one package. The rest of a line is removed behind a dot, an ``=`` or a
bracket, and the real model writes it again from a prompt that is read already: once unguided and once with
monitors, in turns. Several holes of one file come in a row, as a user stays in one file. Before the first,
the analysis of the file is warmed up, as the server does when a document is opened; the first hole is not
counted. Analysis may also use the time in which the prompt is read. Folders that begin with a dot, such as
environments, are left out.

Drafts are off, because the second of two equal texts would be drafted from the first, and be twice as fast.
Only holes for which both wrote the same text count. "optimistic" is the wall time that guidance added to
decoding; "processor" is the processor time that it added, in the engine's and the analysis process together;
"synchronous" is how long decoding would have waited if it had asked at every trigger and waited for every
answer, one after another. The lower bound is 0: the same decoding without monitors. The last line is one JSON
object.
"""

import argparse
import asyncio
import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from holesmith.analysis.client import AnalysisClient, Reply
from holesmith.analysis.options import Options as AnalysisOptions
from holesmith.analysis.questions import A, EnvironmentQuestion, Question, Source
from holesmith.completion.guidance.decoding import decode_freely
from holesmith.completion.guidance.guided_decoding import GuidedDecoding
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitors.registry import MONITOR_OF, triggers_in
from holesmith.completion.monitors.statement import statement_before
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.preparation import Prepared, request_of
from holesmith.completion.scheduling.analysis_warm_up import warm_up_analysis
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.context.prompt.templates import template_for
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.decoding.thread_tuner import ThreadPool, thread_counts
from holesmith.engine.loading.load import PREFIX_BYTES_MAX, load_model
from holesmith.engine.local import Loaded, LocalEngine
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.store.store import find

FILE_BYTES = range(3_000, 60_000)
HOLES_A_FILE = 5
WARM_UP_MS = 90_000.0
_PLACE = re.compile(r"(?<=[\w)]\.)(?=[a-z_]\w+)|(?<= = )(?=\w)|(?<=\w\()(?=\w)")


@dataclass(frozen=True, slots=True)
class Hole:
    path: Path
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Decoding:
    text: str
    tokens: int
    clock_ms: float
    processor_ms: float
    waited_ms: float = 0.0
    questions: int = 0
    triggers: int = 0
    refused: int = 0


@dataclass(slots=True)
class Tally:
    pairs: list[tuple[Decoding, Decoding, float]] = field(
        default_factory=list[tuple[Decoding, Decoding, float]]
    )
    changed: int = 0


@dataclass(slots=True)
class Bench:
    completer: Completer
    client: AnalysisClient
    root: Path
    options: Options
    tally: Tally

    async def measure(self, hole: Hole, is_counted: bool) -> None:
        snapshot = Snapshot(
            str(hole.path), "python", hole.text, hole.offset, workspace=str(self.root), invoked=True
        )
        context = HoleContext(snapshot)
        await asyncio.to_thread(context.work_out_syntax)
        prepared = await self.completer.prepare(context, self.options, StageTimer())
        _ = prepared.document.excerpt  # which the pipeline works out before it decodes
        await warm_up_analysis(self.client, snapshot, slices_max=1 if is_counted else 200)
        request = request_of(prepared.prompt, self.options)
        await self.completer.engine.start(replace(request, tokens_max=1)).result()
        order = random.Random(hole.offset).sample((False, True), 2)
        found = {is_guided: await self._decode(prepared, is_guided) for is_guided in order}
        if not is_counted:
            return
        if found[False].text != found[True].text:
            self.tally.changed += 1
            return
        waiting_ms = await self._waiting_ms(prepared, found[True].text)
        self.tally.pairs.append((found[False], found[True], waiting_ms))

    async def _decode(self, prepared: Prepared, is_guided: bool) -> Decoding:
        healed_prefix = prepared.prompt.healed_prefix
        middle = Middle(healed_prefix, self.completer.engine.vocabulary.token_bytes)
        request = request_of(prepared.prompt, self.options)

        def is_finished() -> bool:
            return prepared.stop_of(middle.text) is not None

        processor_ms, started = self._processor_ms(), time.perf_counter()
        if not is_guided:
            generation = await decode_freely(self.completer.engine, request, middle, is_finished)
            clock_ms = (time.perf_counter() - started) * 1000
            spent_ms = self._processor_ms() - processor_ms
            return Decoding(middle.text, len(generation.tokens), clock_ms, spent_ms)
        watcher = Watcher(prepared.document, healed_prefix, self.client, self.options.answer_ms_max)
        decoding = GuidedDecoding(self.completer.engine, request, middle, is_finished, watcher)
        generation = await decoding.run()
        clock_ms = (time.perf_counter() - started) * 1000
        report = watcher.report(decoding.waited_ms)
        return Decoding(
            middle.text,
            len(generation.tokens),
            clock_ms,
            self._processor_ms() - processor_ms,
            report.waited_ms,
            report.asked,
            report.triggers,
            report.refused,
        )

    async def _waiting_ms(self, prepared: Prepared, written: str) -> float:
        """How long the answers take, asked one after another at every trigger of the finished text."""
        healed_prefix = prepared.prompt.healed_prefix
        document = prepared.document
        text = healed_prefix + written
        waiting_ms = 0.0
        for trigger in triggers_in(statement_before(document), text, 0):
            before = document.before + text[: trigger.start]
            source = Source(document.path, before + document.after)
            word = re.match(r"\w*", text[trigger.start :])
            question = MONITOR_OF[trigger.kind].question(source, len(before), word[0] if word else "")
            started = time.perf_counter()
            await self.ask(question)
            waiting_ms += (time.perf_counter() - started) * 1000
        return waiting_ms

    async def ask(self, question: Question[A]) -> Reply[A]:
        return await self.client.ask(question, self.options.answer_ms_max)

    def _processor_ms(self) -> float:
        """Of this process and the analyser's."""
        worker = Path(f"/proc/{self.client.status.process_id}/schedstat")
        worker_ms = int(worker.read_text(encoding="ascii").split()[0]) / 1e6 if worker.exists() else 0.0
        return time.process_time() * 1000 + worker_ms


def holes_of(path: Path) -> list[Hole]:
    """Places behind a dot, an assignment or a bracket, with the rest of their lines taken out."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\r" in text or "\f" in text:
        return []
    found: list[Hole] = []
    for match in _PLACE.finditer(text, 600):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        stop = text.find("\n", match.start())
        if stop > 0 and "#" not in line and line.count('"') % 2 == line.count("'") % 2 == 0:
            found.append(Hole(path, text[: match.start()] + text[stop:], match.start()))
    return found


def _sources_below(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*.py")):
        if not any(part.startswith(".") for part in path.relative_to(directory).parts):
            yield path


def sample(directory: Path, holes_max: int, seed: int) -> Iterator[tuple[Hole, bool]]:
    """Holes, and whether they count: not the first of a file."""
    chooser = random.Random(seed)
    files = [path for path in _sources_below(directory) if path.stat().st_size in FILE_BYTES]
    chooser.shuffle(files)
    counted = 0
    for path in files:
        holes = holes_of(path)
        if len(holes) < HOLES_A_FILE or counted >= holes_max:
            continue
        for number, hole in enumerate(chooser.sample(holes, HOLES_A_FILE)):
            counted += number > 0
            yield hole, number > 0


def engine_without_drafts(name: str) -> LocalEngine:
    loaded = load_model(find(name), torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    threads = ThreadPool(loaded.model.probe, thread_counts(), loaded.model.use_threads)
    prefixes = PrefixCache(PREFIX_BYTES_MAX)
    loop = DecodeLoop(loaded.model, loaded.vocabulary, prefixes, 0, threads)
    return LocalEngine(Loaded(loop, loaded.vocabulary, loaded.description))


async def run(arguments: argparse.Namespace) -> Tally:
    engine, tally = engine_without_drafts(arguments.model), Tally()
    options = Options(
        lines="single",
        tokens_max=arguments.tokens,
        prompt_tokens_max=arguments.prompt_tokens,
        answer_ms_max=arguments.answer_ms,
    )
    completer = Completer(engine, template_for(engine.vocabulary))
    try:
        for directory in arguments.directories:
            client = AnalysisClient(AnalysisOptions(str(directory)))
            try:
                await client.ask(EnvironmentQuestion(), WARM_UP_MS)
                bench = Bench(completer, client, directory, options, tally)
                share = -(-arguments.holes // len(arguments.directories))
                for hole, is_counted in sample(directory, share, arguments.seed):
                    await bench.measure(hole, is_counted)
            finally:
                await client.close()
    finally:
        await engine.close()
    return tally


def summary(tally: Tally) -> dict[str, Any]:
    free = [each for each, _, _ in tally.pairs]
    guided = [each for _, each, _ in tally.pairs]
    clock_ms = sum(each.clock_ms for each in free) or 1e-9
    processor_ms = sum(each.processor_ms for each in free) or 1e-9
    ratios = [each.clock_ms / before.clock_ms for before, each, _ in tally.pairs]
    return {
        "pairs": len(tally.pairs),
        "changed": tally.changed,
        "tokens": sum(each.tokens for each in free),
        "free_ms": round(clock_ms, 1),
        "optimistic": round(sum(each.clock_ms for each in guided) / clock_ms - 1, 4),
        "optimistic_median": round(median(ratios) - 1, 4) if ratios else 0.0,
        "waited": round(sum(each.waited_ms for each in guided) / clock_ms, 4),
        "processor_ms": round(processor_ms, 1),
        "processor": round(sum(each.processor_ms for each in guided) / processor_ms - 1, 4),
        "synchronous": round(sum(waiting_ms for _, _, waiting_ms in tally.pairs) / clock_ms, 4),
        "triggers": sum(each.triggers for each in guided),
        "questions": sum(each.questions for each in guided),
        "without_question": round(sum(not each.questions for each in guided) / max(len(guided), 1), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=lambda text: Path(text).resolve())
    parser.add_argument("--holes", type=int, default=60, help="of all packages together")
    parser.add_argument("--answer-ms", type=float, default=Options().answer_ms_max)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = summary(asyncio.run(run(arguments)))
    for name, value in found.items():
        print(f"{name:18} {value}")
    packages = [each.name for each in arguments.directories]
    print(json.dumps({"benchmark": "monitor_cost", "model": arguments.model, "packages": packages, **found}))


if __name__ == "__main__":
    main()
