"""The whole pipeline of one completion: from the snapshot of a document to the text that the editor shows.

`Completer.complete` is the life of a request; `preparation` and `finishing` do the work before and after the
model's. For `return f(a, ‸` the answer's text may be `b)`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from holesmith.completion.answer import Answer, Completion
from holesmith.completion.explanation.prompt_parts import parts_of
from holesmith.completion.finishing import checked, completion_of
from holesmith.completion.guidance.decoding import decode
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.options import Options
from holesmith.completion.postprocess.alternatives import TRIES_MORE, distinct, parting_of
from holesmith.completion.postprocess.filters import objection_to
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.postprocess.soundness import DEFINED_BELOW, is_sound, repeats_definition
from holesmith.completion.preparation import (
    DOCSTRING_TOKENS_MAX,
    Knowledge,
    Prepared,
    first_look,
    prepare,
    request_of,
)
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_facts import facts_at
from holesmith.completion.workspace.missing_imports import CONFIDENCE, missing_names
from holesmith.completion.workspace.retrieval import Retrieval, snippet_uses
from holesmith.context.prompt.prompt import Prompt
from holesmith.context.prompt.templates import Template
from holesmith.engine.interface import Engine
from holesmith.engine.request import Generation, Token


@dataclass(frozen=True, slots=True)
class Completer:
    """A loaded engine with the prompt template of its vocabulary, and its sources of knowledge.

    Without ``workspaces`` nothing is monitored; without ``retrieval`` the prompt shows the document alone.
    """

    engine: Engine
    template: Template
    workspaces: Workspaces | None = None
    retrieval: Retrieval | None = None

    async def complete(
        self,
        snapshot: Snapshot,
        options: Options,
        on_text: Callable[[str], None] = lambda text: None,
        let_pass: Callable[[Prompt], Awaitable[None]] | None = None,
    ) -> Answer:
        """Fill the hole at the cursor. Cancelling the awaiting task stops the engine within one step.

        ``on_text`` is called with the middle as it grows. ``let_pass`` is awaited before the engine is asked,
        so that other work on the engine can make way for this prompt.
        """
        timer = StageTimer()
        context = await self.context_of(snapshot, options)
        # Lexing takes milliseconds in a long file: too long for the event loop, on which edits and
        # cancellations wait.
        with timer.stage("syntax"):
            refusal = await asyncio.to_thread(first_look, context, options)
        if refusal is not None:
            return Answer(None, refusal, self.engine.description.name, timings_ms=timer.timings_ms())
        prepared = await self.prepare(context, options, timer)
        middle = Middle(prepared.prompt.healed_prefix, self.engine.vocabulary.token_bytes)
        if let_pass is not None:
            with timer.stage("reading"):
                await let_pass(prepared.prompt)
        generation, monitors = await self.decode(prepared, middle, options, on_text)
        timer.add_all(generation.timings_ms)
        if self.retrieval is not None:
            self.retrieval.measured(generation.tokens_prefilled, generation.timings_ms["prefill"])
        with timer.stage("shaping"):
            completion, reason = completion_of(middle, generation, prepared)
            if monitors.objection:
                completion, reason = None, f"static analysis: {monitors.objection}"
            if completion is not None and monitors.imports_missing:
                completion = replace(completion, confidence=max(completion.confidence, CONFIDENCE))
            if completion is not None and (objection := objection_to(completion, snapshot, options)):
                completion, reason = None, objection
            if completion is not None and await asyncio.to_thread(repeats_definition, completion, snapshot):
                completion, reason = None, DEFINED_BELOW
        others: tuple[Completion, ...] = ()
        if completion is not None:
            with timer.stage("alternatives"):
                more = await self.alternatives(prepared, completion, generation.tokens, options)
            with timer.stage("check"):
                is_cut = prepared.is_cut_short(middle, generation)
                check = await checked(distinct((completion, *more)), prepared, options, is_cut=is_cut)
            completion = next(iter(check.completions), None)
            others = check.completions[1 : options.candidates_max]
            reason = check.reason or reason
            monitors = replace(monitors, objection=check.reason)
        return Answer(
            completion=completion,
            reason=reason,
            model=self.engine.description.name,
            finish=generation.finish,
            prompt=prepared.prompt.text,
            prompt_tokens=len(prepared.prompt.token_ids),
            prefilled_tokens=generation.tokens_prefilled,
            generated=middle.text,
            timings_ms=timer.timings_ms(),
            context=snippet_uses(prepared.retrieved),
            monitors=monitors,
            alternatives=others,
            prompt_parts=parts_of(
                prepared.prompt,
                prepared.retrieved.files,
                snapshot.language,
                self.engine.vocabulary.token_bytes,
            ),
        )

    async def prompt_ahead(self, snapshot: Snapshot, options: Options, *, anew: bool) -> Prompt | None:
        """Return the prompt for a snapshot; None if no completion may be made there.

        ``anew`` makes a new selection of context, as in a pause; otherwise that of the neighbourhood is used.
        """
        # As if asked for by hand: a suggestion might be a nuisance here, but reading a prompt is none.
        context = await self.context_of(replace(snapshot, invoked=True), options)
        if await asyncio.to_thread(first_look, context, options) is not None:
            return None
        if not anew:
            context = replace(context, snapshot=replace(snapshot, invoked=False))
            await asyncio.to_thread(context.work_out_syntax)
        return (await self.prepare(context, options, StageTimer())).prompt

    async def context_of(self, snapshot: Snapshot, options: Options) -> HoleContext:
        """Return the context that all parts of the request share; without an analyst if the options need
        none.
        """
        is_asked = options.monitor or options.wants_facts or options.wants_imports
        if self.workspaces is None or not is_asked:
            return HoleContext(snapshot)
        return HoleContext(snapshot, await self.workspaces.of(snapshot))

    async def prepare(self, context: HoleContext, options: Options, timer: StageTimer) -> Prepared:
        """Do all work before the engine's. The syntax of ``context`` must be worked out."""
        with timer.stage("analysis"):
            facts = await facts_at(context, options.facts_ms_max) if options.wants_facts else None
            missing = await missing_names(context, options.facts_ms_max) if options.wants_imports else ()
        return await asyncio.to_thread(
            prepare,
            context,
            options,
            Knowledge(facts, missing),
            self.engine.vocabulary,
            self.template,
            self.retrieval,
            timer,
        )

    async def decode(
        self,
        prepared: Prepared,
        middle: Middle,
        options: Options,
        on_text: Callable[[str], None],
        excluded_first: frozenset[int] = frozenset(),
    ) -> tuple[Generation, MonitorReport]:
        """Decode into ``middle`` until the statement or block has ended, or until the model has ended its
        text.
        """

        def is_finished() -> bool:
            on_text(middle.text)
            return prepared.stop_of(middle.text) is not None or prepared.is_spent(middle)

        docstring_tokens = DOCSTRING_TOKENS_MAX if prepared.extent.may_have_docstring else 0
        request = replace(
            request_of(prepared.prompt, options),
            tokens_max=options.tokens_max + docstring_tokens,
            excluded_first=excluded_first | prepared.excluded_first,
            constraints=prepared.preferred,
        )
        watcher: Watcher | None = None
        if prepared.analyst is not None:
            prefix = prepared.prompt.healed_prefix
            watcher = Watcher(prepared.document, prefix, prepared.analyst, options.answer_ms_max)
        return await decode(self.engine, request, middle, is_finished, watcher)

    async def alternatives(
        self, prepared: Prepared, shown: Completion, tokens: tuple[Token, ...], options: Options
    ) -> tuple[Completion, ...]:
        """Return other completions than ``shown``, the likelier beginnings first; none while the user types.

        ``tokens`` are those of ``shown``.
        """
        snapshot = prepared.context.snapshot
        count = options.candidates_max - 1 if snapshot.invoked else 0
        if count <= 0:
            return ()
        token_bytes, found = self.engine.vocabulary.token_bytes, list[Completion]()
        parting = parting_of(prepared.prompt, tokens, token_bytes)
        behind = await asyncio.to_thread(prepared.with_prompt, parting.prompt)
        firsts = {parting.first}
        for _ in range(count + TRIES_MORE):
            if len(found) == count:
                break
            excluded = frozenset(first for first in firsts if first is not None)
            middle = Middle(parting.prompt.healed_prefix, token_bytes)
            generation, _ = await self.decode(behind, middle, options, lambda text: None, excluded)
            first = generation.tokens[0].id if generation.tokens else None
            if first is None or first in firsts:
                break
            firsts.add(first)
            completion, _ = completion_of(middle, generation, behind)
            if completion is not None and await asyncio.to_thread(is_sound, completion, shown, snapshot):
                found.append(completion)
        return tuple(found)
