"""Optimistic decoding with the real model: the text does not depend on when analysis answers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from holesmith.analysis.answers import Call, ImportableNames, Member, Members, ScopeName, ScopeNames
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import A, CallQuestion, ImportableNamesQuestion, MembersQuestion, Question
from holesmith.completion.guidance.guided_decoding import GuidedDecoding
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.monitors.document import Document
from holesmith.completion.postprocess.extent import extent_of
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.prompt import Hole, build_prompt
from holesmith.context.prompt.templates import template_for
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.interface import Engine, ModelDescription, Stream
from holesmith.engine.loading.load import load_engine
from holesmith.engine.request import Request
from holesmith.engine.vocabulary.vocabulary import Vocabulary

HEAD = "from shelves import Library, librarian\n\n\ndef lend(library: Library, title: str) -> None:\n"
MEMBERS = ("quill", "find_volume", "volumes_by_shelf", "lend_out", "is_open")
NAMES = ("library", "title", "librarian", "Library", "len", "print", "sorted", "lend")


@dataclass(slots=True)
class Clerk:
    """Knows the library, and answers at once, or not before the model has written all it wanted."""

    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        await self.release.wait()
        return cast("Reply[A]", Reply(self._answer(question), "", 1.0))

    def _answer(self, question: Question[Any]) -> object:
        match question:
            case MembersQuestion():
                return Members(tuple(Member(name, "function") for name in MEMBERS), True, None, "")
            case ImportableNamesQuestion():
                return ImportableNames(None, (), False, "")
            case CallQuestion():
                return Call((), ("shelf",), True)
            case _:
                names = tuple(ScopeName(name, "instance", "local") for name in NAMES)
                return ScopeNames(names, True)


@dataclass(slots=True)
class Announcing:
    """The engine, which lets the clerk speak when a request has ended."""

    engine: Engine
    clerk: Clerk
    _ended: "list[asyncio.Task[None]]" = field(default_factory=list["asyncio.Task[None]"])

    @property
    def description(self) -> ModelDescription:
        return self.engine.description

    @property
    def vocabulary(self) -> Vocabulary:
        return self.engine.vocabulary

    def start(self, request: Request) -> Stream:
        stream = self.engine.start(request)
        self._ended.append(asyncio.create_task(self._announce(stream)))
        return stream

    async def _announce(self, stream: Stream) -> None:
        await stream.result()
        self.clerk.release.set()

    async def close(self) -> None:
        await self.engine.close()


async def written(engine: Engine, line: str, *, at_once: bool) -> tuple[str, MonitorReport]:
    before = HEAD + line
    template = template_for(engine.vocabulary)
    prompt = build_prompt(Hole(before, "\n", "lend.py", "library"), template, engine.vocabulary, 256)
    middle = Middle(prompt.healed_prefix, engine.vocabulary.token_bytes)
    extent = extent_of(HoleContext(Snapshot("lend.py", "python", before + "\n", len(before))), "single")
    clerk = Clerk()
    if at_once:
        clerk.release.set()
    document = Document(None, "python", before.removesuffix(prompt.healed_prefix), "\n")
    watcher = Watcher(document, prompt.healed_prefix, clerk, 60_000)
    request = Request(prompt.token_ids, 24, prompt.stop_ids, prompt.healed_prefix.encode())
    decoding = GuidedDecoding(
        Announcing(engine, clerk), request, middle, lambda: extent.stop_of(middle.text) is not None, watcher
    )
    await decoding.run()
    return middle.text, watcher.report(decoding.waited_ms)


LINES = (
    "    volume = library.",
    "    return library.fi",
    "    print(lib",
    "    for volume in ",
    "    x = len(library.",
)


@pytest.mark.slow
async def test_the_text_is_the_same_whenever_the_answers_come(real_model_path: WeightSource) -> None:
    engine = load_engine(real_model_path, "cpu")
    refused = 0
    try:
        for line in LINES:
            early, report = await written(engine, line, at_once=True)
            late, late_report = await written(engine, line, at_once=False)
            assert early == late
            assert report.refused == late_report.refused
            refused += report.refused
            assert all(
                each.text in MEMBERS
                for each in report.fired
                if each.kind == "member" and each.outcome == "allowed"
            )
    finally:
        await engine.close()
    assert refused > 0
