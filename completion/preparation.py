"""Prepare a request for the model: syntax, extent, context of the repository, prompt."""

from dataclasses import dataclass, replace
from pathlib import Path

from holesmith.analysis.client import Analyst
from holesmith.analysis.syntax.span import Span
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitors.document import Document
from holesmith.completion.options import Options
from holesmith.completion.postprocess.extent import Extent, extent_of
from holesmith.completion.postprocess.filters import refusal_of
from holesmith.completion.postprocess.hidden_characters import hidden_start
from holesmith.completion.postprocess.line_indentation import deeper_tokens, is_indented
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.postprocess.repetition import repetition_start
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.completion.workspace.missing_imports import preferred_imports
from holesmith.completion.workspace.retrieval import Retrieval, relative
from holesmith.context.prompt.comments import as_appendix, as_comments, heading_of
from holesmith.context.prompt.prompt import Hole, Prompt, build_prompt
from holesmith.context.prompt.templates import Template
from holesmith.context.request import Fact
from holesmith.context.retrieval.retrieve import RetrievedContext
from holesmith.engine.request import Constraint, Generation, Request
from holesmith.engine.vocabulary.vocabulary import Vocabulary

# Tokens of a docstring that don't count towards the limit of tokens, so that it takes nothing from the code
# behind it: a guess.
DOCSTRING_TOKENS_MAX = 64


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The answers of static analysis about the hole that came in time.

    ``facts`` is None if analysis was not asked; ``missing`` are the names that the document misses.
    """

    facts: tuple[Fact, ...] | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready for the model.

    The generated text must not begin with the tokens ``excluded_first``; ``preferred`` are soft constraints
    for it. The monitors see ``document``, and ask ``analyst``; None if nothing is monitored.
    """

    context: HoleContext
    extent: Extent
    retrieved: RetrievedContext
    prompt: Prompt
    document: Document
    analyst: Analyst | None
    excluded_first: frozenset[int]
    preferred: tuple[Constraint, ...]
    tokens_max: int

    def is_spent(self, middle: Middle) -> bool:
        """True if ``middle`` has as many tokens as it may; its docstring has a limit of its own."""
        if not self.extent.may_have_docstring:
            return False  # the engine enforces the limit of the request
        docstring = self.extent.docstring_in(middle.text)
        free = 0 if docstring is None else min(middle.tokens_in(docstring), DOCSTRING_TOKENS_MAX)
        return middle.tokens_in(Span(0, len(middle.text))) - free >= self.tokens_max

    def is_cut_short(self, middle: Middle, generation: Generation) -> bool:
        """True if the limit of tokens ended a finished middle."""
        return generation.finish == "length" or self.is_spent(middle)

    def stop_of(self, middle: str) -> int | None:
        """Return the offset at which ``middle`` should end; None while it may go on."""
        context = self.context
        headings = (middle.find(f"\n{heading_of(file, context.language)}\n") for file in self.retrieved.files)
        hidden = hidden_start(middle, context.prefix, context.suffix, may_go_on=True)
        # The stop is behind the hidden character, so that shaping sees it, cuts it and says so.
        seen = None if hidden is None else hidden + 1
        stops = (self.extent.stop_of(middle), repetition_start(middle), seen, *headings)
        return min((stop for stop in stops if stop is not None and stop >= 0), default=None)

    def showable_part(self, middle: Middle, generation: Generation) -> str | None:
        """Return the part of a finished middle that may be shown; None if the middle was cut before any was
        whole.
        """
        stop = self.stop_of(middle.text)
        if stop is None:
            is_cut = self.is_cut_short(middle, generation)
            return (self.extent.whole_part(middle.text) or None) if is_cut else middle.text
        if stop == repetition_start(middle.text):
            return self.extent.whole_part(middle.text[:stop] + "\n") or None
        return middle.text[:stop]

    def with_prompt(self, prompt: Prompt) -> "Prepared":
        """Return the same request with a prompt that ends elsewhere. Blocks for as long as lexing its text
        takes.
        """
        document = _document_for(self.context, prompt, self.analyst)
        return replace(self, prompt=prompt, document=document)


def first_look(context: HoleContext, options: Options) -> str | None:
    """Return the reason why there is no completion here, or None; then the syntax is worked out.

    Blocks for milliseconds.
    """
    refusal = refusal_of(context, options)
    if refusal is None:
        context.work_out_syntax()
    return refusal


def prepare(
    context: HoleContext,
    options: Options,
    knowledge: Knowledge,
    vocabulary: Vocabulary,
    template: Template,
    retrieval: Retrieval | None,
    timer: StageTimer,
) -> Prepared:
    """Do all work before the engine's, in a thread. Blocks for milliseconds."""
    with timer.stage("syntax"):
        extent = extent_of(context, options.lines)
    with timer.stage("context"):
        retrieved = _retrieve(context, options, knowledge, vocabulary, retrieval)
    with timer.stage("prompt"):
        hole, tokens_max = _prompt_hole(context, retrieved), options.prompt_tokens_max
        prompt = build_prompt(hole, template, vocabulary, tokens_max, options.prompt_order)
        excluded: frozenset[int] = frozenset()
        if prompt.healed_prefix.isspace() and is_indented(context):
            excluded = deeper_tokens(vocabulary, prompt.healed_prefix)
    preferred = preferred_imports(retrieved, context.prefix, prompt.healed_prefix) if options.monitor else ()
    analyst = context.analyst if options.monitor else None
    document = _document_for(context, prompt, analyst)
    return Prepared(
        context, extent, retrieved, prompt, document, analyst, excluded, preferred, options.tokens_max
    )


def request_of(prompt: Prompt, options: Options) -> Request:
    """Return the request to the engine for a prompt, without any constraint."""
    return Request(
        token_ids=prompt.token_ids,
        tokens_max=options.tokens_max,
        stop_ids=prompt.stop_ids,
        healed_prefix=prompt.healed_prefix.encode(errors="replace"),
    )


def _document_for(context: HoleContext, prompt: Prompt, analyst: Analyst | None) -> Document:
    """Return the document that the monitors see; if they see it, it is lexed here,
    where that delays no one.
    """
    document = context.document(prompt.healed_prefix)
    if analyst is not None:
        _ = document.excerpt
    return document


def _retrieve(
    context: HoleContext,
    options: Options,
    knowledge: Knowledge,
    vocabulary: Vocabulary,
    retrieval: Retrieval | None,
) -> RetrievedContext:
    if retrieval is None or not options.context:
        return RetrievedContext()
    return retrieval.retrieve(
        context, vocabulary, options.prompt_tokens_max, knowledge.facts, options.sources, knowledge.missing
    )


def _prompt_hole(context: HoleContext, retrieved: RetrievedContext) -> Hole:
    files, language = retrieved.files, context.language
    return Hole(
        context.prefix,
        context.suffix,
        path_in_workspace(context.snapshot),
        repository_name(context.snapshot),
        files,
        as_comments(files, language),
        as_appendix(files, language),
    )


def path_in_workspace(snapshot: Snapshot) -> str:
    """Return the document's path relative to the workspace; only its name if it lies outside."""
    return relative(snapshot.workspace, snapshot.path) or Path(snapshot.path).name


def repository_name(snapshot: Snapshot) -> str:
    """Return the name of the workspace's folder; of the document's own folder if there is no workspace."""
    return (
        Path(snapshot.workspace).name if snapshot.workspace is not None else Path(snapshot.path).parent.name
    )
