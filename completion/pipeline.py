"""One completion, from the snapshot of a document to what the editor shows: the whole pipeline."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from holesmith.analysis.client import Analyst
from holesmith.analysis.questions import MissingNamesQuestion, Source
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.guidance.final_check import Checked, FinalCheck
from holesmith.completion.guidance.guided_decoding import GuidedDecoding
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.monitors.enclosing_blocks import excerpt_before
from holesmith.completion.monitors.monitor import Document
from holesmith.completion.options import Options
from holesmith.completion.postprocess.alternatives import TRIES_MORE, distinct, parting_of
from holesmith.completion.postprocess.extent import Extent, extent_of
from holesmith.completion.postprocess.filters import objection_to, refusal_of
from holesmith.completion.postprocess.hidden_characters import hidden_start
from holesmith.completion.postprocess.indentation import indentation_of
from holesmith.completion.postprocess.line_indentation import deeper_tokens, is_indented
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.postprocess.repetition import repetition_start
from holesmith.completion.postprocess.shaping import shape
from holesmith.completion.preferred_imports import CONFIDENCE, is_import_place, preferred_imports
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_facts import facts_at
from holesmith.completion.workspace.retrieval import Retrieval, snippet_uses
from holesmith.context.prompt.comments import as_appendix, as_comments, heading_of
from holesmith.context.prompt.prompt import Hole, Prompt, build_prompt
from holesmith.context.prompt.templates import Template
from holesmith.context.request import Fact
from holesmith.context.retrieval.gather import RetrievedContext
from holesmith.engine.interface import Engine
from holesmith.engine.request import Constraint, Generation, Request, Token


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known of a request before the model is asked. It must not begin with ``excluded_first``, and
    had better be as ``preferred``.
    """

    snapshot: Snapshot
    extent: Extent
    gathered: RetrievedContext
    prompt: Prompt
    excluded_first: frozenset[int]
    preferred: tuple[Constraint, ...] = ()

    def stop_of(self, middle: str) -> int | None:
        """The offset behind which nothing of ``middle`` is wanted; None while it may go on."""
        language = self.snapshot.language
        headings = (middle.find(f"\n{heading_of(file, language)}\n") for file in self.gathered.files)
        hidden = hidden_start(middle, self.extent.prefix, self.extent.suffix, may_go_on=True)
        # Behind the hidden character, so that shaping sees it, cuts it and says so.
        seen = None if hidden is None else hidden + 1
        stops = (self.extent.stop_of(middle), repetition_start(middle), seen, *headings)
        return min((stop for stop in stops if stop is not None and stop >= 0), default=None)


@dataclass(frozen=True, slots=True)
class Completer:
    """A loaded engine with the prompt template of its vocabulary, and what it may ask about the workspace.

    Without ``workspaces`` nothing is monitored, without ``retrieval`` the prompt is of the document alone.
    """

    engine: Engine
    template: Template
    workspaces: Workspaces | None = None
    retrieval: Retrieval | None = None

    async def complete(
        self, snapshot: Snapshot, options: Options, on_text: Callable[[str], None] = lambda text: None
    ) -> Answer:
        """Fill the hole at the cursor. Cancelling the awaiting task stops the engine within one step.

        ``on_text`` is called with the middle as it grows.
        """
        watch = StageTimer()
        # Milliseconds in a long file: too long for the event loop, on which edits and cancellations wait.
        with watch.stage("syntax"):
            refusal = await asyncio.to_thread(refusal_of, snapshot, options)
        if refusal is not None:
            return Answer(None, refusal, self.engine.description.name, timings_ms=watch.timings_ms())
        with watch.stage("analysis"):
            facts = await self.facts_at(snapshot, options)
            missing = await self.missing_at(snapshot, options)
        prepared = await asyncio.to_thread(self.prepare, snapshot, options, facts, watch, missing)
        prompt = prepared.prompt
        middle = Middle(prompt.required, self.engine.vocabulary.token_bytes)
        generation, monitors = await self.decode(prepared, middle, options, on_text)
        for stage, duration_ms in generation.timings_ms.items():
            watch.add(stage, duration_ms)
        if self.retrieval is not None:
            self.retrieval.measured(generation.tokens_prefilled, generation.timings_ms["prefill"])
        with watch.stage("shaping"):
            completion, reason = completion_of(middle, generation, prepared)
            if completion is not None and monitors.imports_missing:
                completion = replace(completion, confidence=max(completion.confidence, CONFIDENCE))
            if completion is not None and (objection := objection_to(completion, snapshot, options)):
                completion, reason = None, objection
        others: tuple[Completion, ...] = ()
        if completion is not None:
            with watch.stage("alternatives"):
                more = await self.alternatives(prepared, generation.tokens, options)
            with watch.stage("check"):
                checked = await self.check(distinct((completion, *more)), snapshot, options)
            completion = next(iter(checked.completions), None)
            others = checked.completions[1 : options.candidates_max]
            reason = checked.reason or reason
            monitors = replace(monitors, objection=checked.reason)
        return Answer(
            completion=completion,
            reason=reason,
            model=self.engine.description.name,
            finish=generation.finish,
            prompt=prompt.text,
            prompt_tokens=len(prompt.token_ids),
            prefilled_tokens=generation.tokens_prefilled,
            generated=middle.text,
            timings_ms=watch.timings_ms(),
            context=snippet_uses(prepared.gathered),
            monitors=monitors,
            alternatives=others,
        )

    async def alternatives(
        self, prepared: Prepared, tokens: tuple[Token, ...], options: Options
    ) -> tuple[Completion, ...]:
        """Other completions than that of ``tokens``, the likelier beginnings first; none while typing."""
        wanted = options.candidates_max - 1 if prepared.snapshot.invoked else 0
        token_bytes, found = self.engine.vocabulary.token_bytes, list[Completion]()
        parting = parting_of(prepared.prompt, tokens, token_bytes)
        behind, firsts = replace(prepared, prompt=parting.prompt), {parting.first}
        for _ in range(wanted + TRIES_MORE if wanted else 0):
            if len(found) == wanted:
                break
            excluded = frozenset(first for first in firsts if first is not None)
            middle = Middle(parting.prompt.required, token_bytes)
            generation, _ = await self.decode(behind, middle, options, lambda text: None, excluded)
            first = generation.tokens[0].id if generation.tokens else None
            if first is None or first in firsts:
                break
            firsts.add(first)
            completion, _ = completion_of(middle, generation, behind)
            found += [] if completion is None else [completion]
        return tuple(found)

    async def check(
        self, completions: tuple[Completion, ...], snapshot: Snapshot, options: Options
    ) -> Checked:
        """What is left of finished completions when static analysis has read them (final_check.py)."""
        analyst: Analyst | None = None
        if self.workspaces is not None and options.monitor and options.check_ms_max > 0:
            analyst = await self.workspaces.of(snapshot)
        if analyst is None:
            return Checked(completions, "")
        last_check = FinalCheck(snapshot.file_path, snapshot.text, analyst, options.check_ms_max)
        return await last_check.check(completions)

    async def facts_at(self, snapshot: Snapshot, options: Options) -> tuple[Fact, ...] | None:
        """What static analysis says of the hole in time; None where it is not asked."""
        if self.workspaces is None or not options.wants_facts:
            return None
        analyst = await self.workspaces.of(snapshot)
        if analyst is None:
            return None
        prefix, suffix = text_around(snapshot)
        source = Source(snapshot.file_path, prefix + suffix)
        return await facts_at(analyst, source, len(prefix), snapshot.language, options.facts_ms_max)

    async def missing_at(self, snapshot: Snapshot, options: Options) -> tuple[str, ...]:
        """The names that the document misses, where it imports; none that are not known in time."""
        if self.workspaces is None or not options.wants_imports:
            return ()
        prefix, suffix = text_around(snapshot)
        if not await asyncio.to_thread(is_import_place, snapshot.language, prefix, suffix):
            return ()
        analyst = await self.workspaces.of(snapshot)
        if analyst is None:
            return ()
        question = MissingNamesQuestion(Source(snapshot.file_path, prefix + suffix))
        reply = await analyst.ask(question, options.facts_ms_max)
        return reply.answer.names if reply.answer is not None else ()

    def prepare(
        self,
        snapshot: Snapshot,
        options: Options,
        facts: tuple[Fact, ...] | None,
        watch: StageTimer,
        missing: tuple[str, ...] = (),
    ) -> Prepared:
        """Everything else before the engine. Blocks for milliseconds."""
        with watch.stage("syntax"):
            prefix, suffix = text_around(snapshot)
            extent = extent_of(snapshot.language, prefix, suffix, options.lines)
        tokens_max, vocabulary = options.prompt_tokens_max, self.engine.vocabulary
        with watch.stage("context"):
            gathered = RetrievedContext()
            if self.retrieval is not None and options.context:
                texts = prefix, suffix
                gathered = self.retrieval.gather(
                    snapshot, texts, vocabulary, tokens_max, facts, options.sources, missing
                )
        with watch.stage("prompt"):
            hole = Hole(
                prefix,
                suffix,
                path_in_workspace(snapshot),
                repository_name(snapshot),
                gathered.files,
                as_comments(gathered.files, snapshot.language),
                as_appendix(gathered.files, snapshot.language),
            )
            prompt = build_prompt(hole, self.template, vocabulary, tokens_max, options.prompt_order)
            excluded: frozenset[int] = frozenset()
            if prompt.required.isspace() and is_indented(snapshot.language, prefix):
                excluded = deeper_tokens(vocabulary, prompt.required)
        preferred = preferred_imports(gathered, prefix, prompt.required) if options.monitor else ()
        if self.workspaces is not None and options.monitor:
            # What the monitors look at first, lexed here, where it delays no other request.
            excerpt_before(snapshot.language, document_of(snapshot, prompt.required).before)
        return Prepared(snapshot, extent, gathered, prompt, excluded, preferred)

    async def decode(
        self,
        prepared: Prepared,
        middle: Middle,
        options: Options,
        on_text: Callable[[str], None],
        excluded_first: frozenset[int] = frozenset(),
    ) -> tuple[Generation, MonitorReport]:
        """Decode into ``middle`` until the statement or block has ended, or the model has."""

        def is_finished() -> bool:
            on_text(middle.text)
            return prepared.stop_of(middle.text) is not None

        required = prepared.prompt.required
        excluded = excluded_first | prepared.excluded_first
        request = replace(
            request_of(prepared.prompt, options), excluded_first=excluded, constraints=prepared.preferred
        )
        analyst: Analyst | None = None
        if self.workspaces is not None and options.monitor:
            analyst = await self.workspaces.of(prepared.snapshot)
        if analyst is None:
            return await decode_freely(self.engine, request, middle, is_finished), MonitorReport()
        watcher = Watcher(document_of(prepared.snapshot, required), required, analyst, options.answer_ms_max)
        decoding = GuidedDecoding(self.engine, request, middle, is_finished, watcher)
        generation = await decoding.run()
        return generation, watcher.report(decoding.waited_ms)


async def decode_freely(
    engine: Engine, request: Request, middle: Middle, is_finished: Callable[[], bool]
) -> Generation:
    """Decode without monitors."""
    stream = engine.start(request)
    try:
        async for token in stream:
            middle.add(token)
            if is_finished():
                break
        stream.cancel()
        return await stream.result()
    except asyncio.CancelledError:
        stream.cancel()
        raise


def request_of(prompt: Prompt, options: Options) -> Request:
    return Request(
        token_ids=prompt.token_ids,
        tokens_max=options.tokens_max,
        stop_ids=prompt.stop_ids,
        required_prefix=prompt.required.encode(errors="replace"),
    )


def document_of(snapshot: Snapshot, required: str) -> Document:
    """The document around the text to be generated, which begins with ``required``."""
    prefix, suffix = text_around(snapshot)
    return Document(snapshot.file_path, snapshot.language, prefix.removesuffix(required), suffix)


def completion_of(
    middle: Middle, generation: Generation, prepared: Prepared
) -> tuple[Completion | None, str]:
    """What to show of a finished middle, or None; and why."""
    if not middle.keeps_required:
        return None, "the model could not go on from the word at the cursor"
    snapshot = prepared.snapshot
    stop = prepared.stop_of(middle.text)
    cut_short = stop is None and generation.finish == "length"
    wanted = prepared.extent.whole_part(middle.text) if cut_short else middle.text[:stop]
    prefix, suffix = text_around(snapshot)
    level = snapshot.indentation or indentation_of(prefix, suffix)
    shaped = shape(wanted, prefix, suffix, level)
    if not shaped.text:
        return None, shaped.reason
    return placed(shaped.text, middle.confidence(shaped.kept), snapshot), shaped.reason


def placed(text: str, confidence: float, snapshot: Snapshot) -> Completion:
    """``text`` at the cursor; after the item selected in the editor's menu, if there is one."""
    selected = snapshot.selected
    if selected is None:
        return Completion(text, snapshot.offset, snapshot.offset, confidence)
    return Completion(selected.text + text, selected.start, selected.stop, confidence)


def text_around(snapshot: Snapshot) -> tuple[str, str]:
    """The text before and after the hole; an item selected in the editor's menu counts as typed."""
    selected = snapshot.selected
    if selected is None:
        return snapshot.prefix, snapshot.suffix
    return snapshot.text[: selected.start] + selected.text, snapshot.text[selected.stop :]


def path_in_workspace(snapshot: Snapshot) -> str:
    """The document's path as the repository knows it; just its name where it lies outside."""
    path = Path(snapshot.path)
    if snapshot.workspace is not None and path.is_relative_to(snapshot.workspace):
        return path.relative_to(snapshot.workspace).as_posix()
    return path.name


def repository_name(snapshot: Snapshot) -> str:
    return (
        Path(snapshot.workspace).name if snapshot.workspace is not None else Path(snapshot.path).parent.name
    )
