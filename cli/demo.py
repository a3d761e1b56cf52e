"""``holesmith demo``: fill the holes of a small example repository that comes with the program."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from holesmith.cli.command import Subparsers
from holesmith.cli.complete import add_option_arguments, index_workspace, options_of
from holesmith.cli.errors import CommandError
from holesmith.cli.visible_output import bare
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.visible_text import visible
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval

EXAMPLE = Path(__file__).parent / "example"
WAITING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DemoHole:
    """A hole to make: ``code`` is removed from the file behind ``after``, and the cursor is put there."""

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
    """Print each hole with its completion. Returns the exit status, which is 1 if a hole stayed empty."""
    waiting = Waiting()
    service = Service(options, waiting.show_status, retrieval=Retrieval(), workspaces=Workspaces())
    async with waiting.on("indexing the example"):
        await asyncio.to_thread(index_workspace, open_hole(HOLES[0]))
    async with waiting.on("loading the model"):
        await service.load()
    if service.status.health != "ready":
        raise CommandError(service.status.message)
    print(service.status.message, file=sys.stderr)
    try:
        answers = [await fill(hole, at, service, waiting) for at, hole in enumerate(HOLES, 1)]
    finally:
        await service.close()
    return 0 if all(answer.completion is not None for answer in answers) else 1


async def fill(hole: DemoHole, number: int, service: Service, waiting: "Waiting") -> Answer:
    snapshot = open_hole(hole)
    async with waiting.on(f"filling hole {number} of {len(HOLES)}"):
        answer = await service.complete(snapshot)
    show(hole, snapshot, answer)
    return answer


def show(hole: DemoHole, snapshot: Snapshot, answer: Answer) -> None:
    filled = answer.completion.text if answer.completion else f"(nothing: {answer.reason})"
    before, after = snapshot.prefix.split("\n"), snapshot.suffix.split("\n")
    print(f"\n{hole.path}, line {len(before)}:")
    print("\n".join(f"    {line}" for line in before[-4:-1]))
    print(f"    {before[-1]}{highlight(visible(filled))}{after[0]}", file=bare(sys.stdout))
    for refusal in answer.monitors.refusals:
        print(f"  the model wrote {refusal.text!r}: no such {refusal.kind}")
    print(f"  in {answer.timings_ms.get('total', 0):.0f} ms, {answer.prompt_tokens} tokens of prompt")


class Waiting:
    """Tells on standard error what is being done and how far it is, again every few seconds."""

    def __init__(self, every_seconds: float = WAITING_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._printed = ""

    @asynccontextmanager
    async def on(self, work: str) -> AsyncGenerator[None]:
        """Tell of ``work`` while the block runs."""
        self._print(work)
        repeating = asyncio.ensure_future(self._repeat(work))
        try:
            yield
        finally:
            repeating.cancel()

    def show_status(self, status: Status) -> None:
        """Tell each stage of a load once, and its progress in steps of a quarter."""
        if status.health == "loading":
            quarters = int(4 * (status.progress or 0))
            self._print(f"{status.message}, {25 * quarters} %" if quarters else status.message)

    async def _repeat(self, work: str) -> None:
        began = perf_counter()
        while True:
            await asyncio.sleep(self._every_seconds)
            self._print(f"still {work} after {perf_counter() - began:.0f} s")

    def _print(self, text: str) -> None:
        if text != self._printed:
            self._printed = text
            print(text, file=sys.stderr, flush=True)


def open_hole(hole: DemoHole) -> Snapshot:
    path = EXAMPLE / hole.path
    text = path.read_text()
    offset = text.index(hole.after + hole.code) + len(hole.after)
    snapshot = Snapshot(str(path), "python", text, offset, workspace=str(EXAMPLE), invoked=True)
    return replace(snapshot, text=text[:offset] + text[offset + len(hole.code) :])


def highlight(text: str) -> str:
    """The text in bold green on a terminal, or between brackets elsewhere."""
    return f"\033[1;32m{text}\033[0m" if sys.stdout.isatty() else f"⟦{text}⟧"
