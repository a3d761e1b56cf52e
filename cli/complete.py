"""``holesmith complete``: one completion for a file on disk, as the language server would give it."""

import argparse
import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from holesmith.analysis.python.environment import fault_of_setting
from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.cli.model_argument import model_argument
from holesmith.cli.source_file import snapshot_of
from holesmith.completion.answer import Answer
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.options import Options, WeightForm
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_report import Asked, HoleReport, hole_report
from holesmith.completion.workspace.retrieval import Retrieval, is_too_general
from holesmith.context.index.process.foreground import index_now

# A command is not typed over: it waits for an analysis that has to start first.
ANSWER_MS_MAX = 10_000.0


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("complete", help="one completion for a file on disk")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("line", type=int, metavar="LINE", help="the cursor's line, from 1")
    parser.add_argument("column", type=int, metavar="COL", help="the cursor's column, from 0, in characters")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--explain", action="store_true", help="say why, with the prompt and the times")
    add_option_arguments(parser)
    parser.set_defaults(run=run)


def add_option_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags that become completion options, the same for every command that completes."""
    defaults = Options()
    parser.add_argument(
        "--model",
        type=model_argument,
        metavar="M",
        help="a name of `model list`, a .gguf file or a directory",
    )
    parser.add_argument("--device", default=defaults.device, help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--weights", choices=get_args(WeightForm), default=defaults.weights)
    parser.add_argument("--lines", choices=("auto", "single", "multi"), default=defaults.lines)
    parser.add_argument("--max-tokens", type=positive, default=defaults.tokens_max, metavar="N")
    parser.add_argument("--no-context", action="store_true", help="only this file in the prompt")
    parser.add_argument("--facts", action="store_true", help="put facts of static analysis into the prompt")
    parser.add_argument("--sources", type=sources, metavar="S,…", help="only these sources of context")
    parser.add_argument("--python", metavar="PATH", help="the project's interpreter or environment")
    parser.add_argument("--no-monitor", action="store_true", help="let the model decode unguided")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def sources(text: str) -> frozenset[str]:
    from holesmith.context.sources.catalogue import SOURCE_NAMES

    names = frozenset(filter(None, text.split(",")))
    if unknown := ", ".join(sorted(names - SOURCE_NAMES)):
        raise argparse.ArgumentTypeError(f"no source {unknown}; there are {', '.join(sorted(SOURCE_NAMES))}")
    return names


def options_of(arguments: argparse.Namespace) -> Options:
    return Options(
        model=arguments.model,
        device=arguments.device,
        weights=arguments.weights,
        lines=arguments.lines,
        tokens_max=arguments.max_tokens,
        context=not arguments.no_context,
        facts=arguments.facts,
        facts_ms_max=ANSWER_MS_MAX,
        sources=arguments.sources,
        python=arguments.python,
        monitor=not arguments.no_monitor,
        answer_ms_max=ANSWER_MS_MAX,
    )


def run(arguments: argparse.Namespace) -> int:
    snapshot = snapshot_of(arguments.file, arguments.line, arguments.column)
    options = options_of(arguments)
    if options.python is not None:
        check_python(options.python, snapshot)
    if options.context:
        index_workspace(snapshot)
    answer, hole = asyncio.run(complete_once(snapshot, options, explain=arguments.explain))
    if arguments.json:
        print(json.dumps(as_json(answer, snapshot, hole), ensure_ascii=False))
    elif answer.completion is not None:
        print(answer.completion.text)
    if hole is not None and not arguments.json:
        print(explanation(answer, hole), file=sys.stderr)
    elif answer.completion is None and not arguments.json:
        print(f"holesmith: no completion: {answer.reason}", file=sys.stderr)
    return 0


def check_python(python: str, snapshot: Snapshot) -> None:
    """Raises CommandError if the flag names no environment; a server goes on with the project's own."""
    if fault := fault_of_setting(Path(snapshot.workspace or "."), python):
        raise CommandError(fault)


def index_workspace(snapshot: Snapshot) -> None:
    """Bring the index up to date, as a server does in the background; without one there is less context."""
    if snapshot.workspace is None or is_too_general(Path(snapshot.workspace)):
        return
    try:
        index_now(Path(snapshot.workspace))
    except (OSError, sqlite3.Error) as error:
        print(f"holesmith: no context from the repository: {error}", file=sys.stderr)


async def complete_once(
    snapshot: Snapshot, options: Options, *, explain: bool
) -> tuple[Answer, HoleReport | None]:
    """Load, complete, explain, close. Raises CommandError if the model could not be loaded."""
    workspaces = Workspaces()
    service = Service(options, retrieval=Retrieval(), workspaces=workspaces)
    await service.load()
    if service.status.health != "ready":
        raise CommandError(service.status.message)
    try:
        answer = await service.complete(snapshot)
        if not explain:
            return answer, None
        context = HoleContext(snapshot, await workspaces.of(snapshot))
        return answer, await hole_report(context, ANSWER_MS_MAX)
    finally:
        await service.close()


def as_json(answer: Answer, snapshot: Snapshot, hole: HoleReport | None = None) -> dict[str, object]:
    """The object of ``--json``; ``range`` is in lines from 1 and columns from 0, like the arguments.

    With ``hole`` it also says what static analysis knows of the hole.
    """
    return {**_answer_as_json(answer, snapshot), **({} if hole is None else {"hole": asdict(hole)})}


def _answer_as_json(answer: Answer, snapshot: Snapshot) -> dict[str, object]:
    completion = answer.completion
    return {
        "text": completion.text if completion else "",
        "range": {
            "start": position(snapshot.text, completion.start if completion else snapshot.offset),
            "stop": position(snapshot.text, completion.stop if completion else snapshot.offset),
        },
        "confidence": round(completion.confidence, 4) if completion else None,
        "reason": answer.reason,
        "model": answer.model,
        "finish": answer.finish,
        "timings_ms": dict(answer.timings_ms),
        "prompt_tokens": answer.prompt_tokens,
        "prefilled_tokens": answer.prefilled_tokens,
        "prompt": answer.prompt,
        "generated": answer.generated,
        "context": [
            {"source": use.source, "path": use.path, "reason": use.reason, "tokens": use.tokens}
            for use in answer.context
        ],
        "monitors": answer.monitors.as_json(),
    }


def position(text: str, offset: int) -> dict[str, int]:
    return {"line": text.count("\n", 0, offset) + 1, "column": offset - (text.rfind("\n", 0, offset) + 1)}


def explanation(answer: Answer, hole: HoleReport) -> str:
    """Several lines for a person: what was decided, what the model saw and wrote, what analysis knows of the
    hole, and where the time went.
    """
    times = ", ".join(f"{stage} {duration_ms:.0f} ms" for stage, duration_ms in answer.timings_ms.items())
    confidence = f"{answer.completion.confidence:.2f}" if answer.completion else "-"
    lines = [
        f"decision:   {answer.reason} (confidence {confidence})",
        f"model:      {answer.model}, decoding ended: {answer.finish}",
        f"times:      {times}",
        f"generated:  {answer.generated!r}",
        f"prompt:     {answer.prompt_tokens} tokens",
    ]
    lines += [
        f"  {use.source}: {use.path or '-'} ({use.tokens} tokens): {use.reason}" for use in answer.context
    ]
    lines += hole_lines(hole)
    lines += described(answer.monitors)
    return "\n".join([*lines, *(f"  | {line}" for line in answer.prompt.split("\n"))])


def hole_lines(hole: HoleReport) -> Iterator[str]:
    """The typed hole: the construct, what is expected there, and a line for each question."""
    facts = (
        ("word", repr(hole.word) if hole.word else None),
        ("of", hole.subject),
        ("number", hole.argument),
        ("keyword", hole.keyword),
        ("behind", hole.operator),
        ("in", hole.enclosing),
    )
    known = ", ".join(f"{name} {fact}" for name, fact in facts if fact is not None)
    yield f"hole:       {hole.kind}{f' ({known})' if known else ''}"
    if hole.expected is not None:
        literals = f", one of {', '.join(hole.expected.literals)}" if hole.expected.literals else ""
        yield f"expected:   {hole.expected.type} ({hole.expected.origin}){literals}"
    if hole.environment is not None:
        yield f"analysis:   {hole.environment}"
    if hole.reason:
        yield f"analysis:   nothing was asked: {hole.reason}"
    for asked in hole.asked:
        yield f"  {asked.question}: {asked_in_words(asked)}, {asked.elapsed_ms:.0f} ms"


def asked_in_words(asked: Asked) -> str:
    if asked.found is None:
        return f"given up: {asked.reason}"
    if asked.is_complete is None:
        return asked.found
    reason = f" ({asked.reason})" if asked.reason else ""
    return f"{asked.found}, {'complete' if asked.is_complete else f'not complete{reason}'}"


def described(report: MonitorReport) -> Iterator[str]:
    """What the monitors did, a line for each trigger and each refusal."""
    yield (
        f"monitors:   {report.triggers} fired, {report.allowed} allowed, {report.refused} refused, "
        f"{report.rolled_back} tokens rolled back, {report.asked} questions, waited {report.waited_ms:.0f} ms"
    )
    if report.objection:
        yield f"  last check: {report.objection}"
    for fired in report.fired:
        reason = f" ({fired.reason})" if fired.reason else ""
        yield f"  {fired.kind} {fired.text!r}: {fired.outcome}{reason}, answered in {fired.answer_ms:.0f} ms"
    for refusal in report.refusals:
        verdict = "refused" if refusal.penalty is None else f"made less likely by {refusal.penalty:g} logits"
        yield (
            f"  {refusal.kind} {refusal.text!r}: {verdict}, none of {refusal.choices} choices; "
            f"{refusal.rolled_back} tokens rolled back"
        )
