"""``holesmith demo``: the main job end to end, on a small example repository that comes with the program."""

import argparse
import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from holesmith.cli.command import Subparsers
from holesmith.cli.complete import add_option_arguments, index_workspace, options_of
from holesmith.cli.errors import CommandError
from holesmith.cli.visible_output import bare
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.visible_text import visible
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval

EXAMPLE = Path(__file__).parent / "example"


@dataclass(frozen=True, slots=True)
class DemoHole:
    """A hole to be made: ``code`` is taken out of the file, and the cursor stands where it was."""

    path: str
    after: str
    code: str


HOLES = (
    DemoHole("bookshop/basket.py", "        book = self.catalogue.", "find_book(isbn)"),
    DemoHole("bookshop/basket.py", "        self.lines.append(", "BasketLine(book, quantity))"),
    DemoHole(
        "bookshop/catalogue.py",
        "    def cheaper_than(self, limit: Decimal) -> list[Book]:\n",
        "        return [book for book in self.books_by_isbn.values() if book.price < limit]",
    ),
)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("demo", help="fill the holes of a small example repository")
    add_option_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(demonstrate(options_of(arguments)))


async def demonstrate(options: Options) -> int:
    """Print each hole with what fills it. Returns the exit status: 1 if a hole stayed empty."""
    service = Service(options, retrieval=Retrieval(), workspaces=Workspaces())
    print("loading the model", file=sys.stderr)
    index_workspace(open_hole(HOLES[0]))
    await service.load()
    if service.status.health != "ready":
        raise CommandError(service.status.message)
    print(service.status.message, file=sys.stderr)
    try:
        answers = [await show(hole, service) for hole in HOLES]
    finally:
        await service.close()
    return 0 if all(answer.completion is not None for answer in answers) else 1


async def show(hole: DemoHole, service: Service) -> Answer:
    snapshot = open_hole(hole)
    answer = await service.complete(snapshot)
    filled = answer.completion.text if answer.completion else f"(nothing: {answer.reason})"
    before, after = snapshot.prefix.split("\n"), snapshot.suffix.split("\n")
    print(f"\n{hole.path}, line {len(before)}:")
    print("\n".join(f"    {line}" for line in before[-4:-1]))
    print(f"    {before[-1]}{highlight(visible(filled))}{after[0]}", file=bare(sys.stdout))
    for refusal in answer.monitors.refusals:
        print(f"  the model wrote {refusal.text!r}: no such {refusal.kind}")
    print(f"  in {answer.timings_ms.get('total', 0):.0f} ms, {answer.prompt_tokens} tokens of prompt")
    return answer


def open_hole(hole: DemoHole) -> Snapshot:
    path = EXAMPLE / hole.path
    text = path.read_text()
    offset = text.index(hole.after + hole.code) + len(hole.after)
    snapshot = Snapshot(str(path), "python", text, offset, workspace=str(EXAMPLE), invoked=True)
    return replace(snapshot, text=text[:offset] + text[offset + len(hole.code) :])


def highlight(text: str) -> str:
    """In bold green on a terminal, between markers elsewhere."""
    return f"\033[1;32m{text}\033[0m" if sys.stdout.isatty() else f"⟦{text}⟧"
