"""``holesmith complete``: complete a file on disk once, as the language server would."""

import argparse
import asyncio
import json
import shutil
import sqlite3
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

from holesmith.analysis.python.environment import fault_of_setting
from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.cli.model_argument import model_argument
from holesmith.cli.source_file import snapshot_of
from holesmith.completion.answer import Answer
from holesmith.completion.explanation.document import Document, with_sections
from holesmith.completion.explanation.explanation import Explained
from holesmith.completion.explanation.explanation import explanation as explain
from holesmith.completion.explanation.html import html_page
from holesmith.completion.explanation.plain_text import plain_text
from holesmith.completion.explanation.prompt_page import prompt_page
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.options import Options, WeightForm
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_report import HoleReport, hole_report
from holesmith.completion.workspace.retrieval import Retrieval, is_too_general
from holesmith.context.index.process.foreground import index_now

# Longer than while typing: a command can wait for the analysis worker to start.
ANSWER_MS_MAX = 10_000.0
TEXT_COLUMNS_MAX = 110


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("complete", help="complete a file on disk once")
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to complete")
    parser.add_argument("line", type=int, metavar="LINE", help="the cursor's line, from 1")
    parser.add_argument("column", type=int, metavar="COL", help="the cursor's column, from 0, in characters")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_explain_argument(parser)
    add_option_arguments(parser)
    parser.set_defaults(run=run)


def add_explain_argument(parser: argparse.ArgumentParser) -> None:
    """Add an option for each format. One option with an optional value would read the FILE as that value."""
    parser.add_argument(
        "--explain=text",
        "--explain",
        dest="explain",
        action="store_const",
        const="text",
        help="explain the result on standard error, with the prompt and times",
    )
    parser.add_argument(
        "--explain=html",
        dest="explain",
        action="store_const",
        const="html",
        help="print the explanation as one HTML page instead of the completion",
    )


def add_option_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that become `Options`, the same for every command that completes."""
    defaults = Options()
    parser.add_argument(
        "--model",
        type=model_argument,
        metavar="M",
        help="a name from `model list`, a .gguf file or a directory; by default the device's model",
    )
    parser.add_argument("--device", default=defaults.device, help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--weights",
        choices=get_args(WeightForm),
        default=defaults.weights,
        help="the number format of the weights on a GPU",
    )
    parser.add_argument(
        "--lines",
        choices=("auto", "single", "multi"),
        default=defaults.lines,
        help="one line or several; auto decides by the code around it",
    )
    parser.add_argument(
        "--max-tokens",
        type=positive,
        default=defaults.tokens_max,
        metavar="N",
        help="the longest completion, in tokens",
    )
    parser.add_argument("--no-context", action="store_true", help="put only this file into the prompt")
    parser.add_argument("--facts", action="store_true", help="put facts from static analysis into the prompt")
    parser.add_argument(
        "--sources",
        type=sources,
        metavar="S,…",
        help="use only these sources of context, separated by commas",
    )
    parser.add_argument("--python", metavar="PATH", help="the project's Python interpreter or environment")
    parser.add_argument(
        "--no-monitor", action="store_true", help="do not check the model's names by static analysis"
    )


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return number


def sources(text: str) -> frozenset[str]:
    from holesmith.context.sources.catalogue import SOURCE_NAMES

    names = frozenset(filter(None, text.split(",")))
    if unknown := ", ".join(sorted(names - SOURCE_NAMES)):
        raise argparse.ArgumentTypeError(
            f"unknown source {unknown}; the sources are {', '.join(sorted(SOURCE_NAMES))}"
        )
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
    answer, hole = asyncio.run(complete_once(snapshot, options, explain=arguments.explain is not None))
    if arguments.json:
        print(json.dumps(as_json(answer, snapshot, hole), ensure_ascii=False))
    elif hole is not None and arguments.explain == "html":
        print(html_page(explanation(answer, snapshot, hole)), end="")
    else:
        show(answer, snapshot, hole)
    return 0


def show(answer: Answer, snapshot: Snapshot, hole: HoleReport | None) -> None:
    """Print the completion, and on standard error the explanation, or why there is no completion."""
    if answer.completion is not None:
        print(answer.completion.text)
    if hole is not None:
        print(as_text(explanation(answer, snapshot, hole)), file=sys.stderr)
    elif answer.completion is None:
        print(f"holesmith: no completion: {answer.reason}", file=sys.stderr)


def check_python(python: str, snapshot: Snapshot) -> None:
    """Raise CommandError if ``--python`` names no environment. The server would use the project's instead."""
    if fault := fault_of_setting(Path(snapshot.workspace or "."), python):
        raise CommandError(fault)


def index_workspace(snapshot: Snapshot) -> None:
    """Update the index, as a server does in the background. If that fails there is only less context."""
    if snapshot.workspace is None or is_too_general(Path(snapshot.workspace)):
        return
    try:
        index_now(Path(snapshot.workspace))
    except (OSError, sqlite3.Error) as error:
        print(f"holesmith: no context from the repository: {error}", file=sys.stderr)


async def complete_once(
    snapshot: Snapshot, options: Options, *, explain: bool
) -> tuple[Answer, HoleReport | None]:
    """Load the model, complete once, and close the service. With ``explain``, also report on the hole.

    Raises CommandError if the model could not be loaded.
    """
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
    """The object of ``--json``. Its ``range`` counts lines from 1 and columns from 0, like the arguments.

    ``hole``: what static analysis knows of the hole; None leaves it out.
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
            {
                "source": use.source,
                "path": use.path,
                "line": use.line,
                "reason": use.reason,
                "tokens": use.tokens,
            }
            for use in answer.context
        ],
        "monitors": answer.monitors.as_json(),
    }


def position(text: str, offset: int) -> dict[str, int]:
    return {"line": text.count("\n", 0, offset) + 1, "column": offset - (text.rfind("\n", 0, offset) + 1)}


def explanation(answer: Answer, snapshot: Snapshot, hole: HoleReport) -> Document:
    """The explanation of the answer, followed by the prompt."""
    explained = Explained(answer, snapshot, hole=hole)
    prompt = (replace(section, is_open=False) for section in prompt_page(explained).sections)
    return with_sections(explain(explained), *prompt)


def as_text(document: Document) -> str:
    columns = min(shutil.get_terminal_size().columns, TEXT_COLUMNS_MAX)
    return "\n".join(plain_text(document, columns).lines)
