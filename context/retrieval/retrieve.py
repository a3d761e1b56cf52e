"""Retrieval in one call: from a request to the files that stand before the hole in the prompt.

The call is synchronous and without side effects, for a thread of the caller's. It takes at most the time that
it is given, and uses the snippets found by then or shortly before.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import Budget
from holesmith.context.prompt.prompt import RepositoryFile
from holesmith.context.prompt.tokenizer import Tokenizer
from holesmith.context.request import ContextRequest
from holesmith.context.retrieval.deadline import Deadline
from holesmith.context.retrieval.layout import files_of
from holesmith.context.retrieval.selection import DroppedSnippet, SelectedSnippet, select
from holesmith.context.snippet import Snippet, Tier
from holesmith.context.sources.catalogue import DEFAULT_SOURCES, SOURCE_OF_SNIPPET, SOURCES, Source
from holesmith.context.surroundings import Surroundings

# The share of the budget for snippets that is kept for snippets of this very hole.
HOLE_SHARE = 0.25
# A guess, to know how much of the file itself the prompt will show.
CHARACTERS_PER_TOKEN = 3
# Further snippets of one source would hardly be selected.
SNIPPETS_PER_SOURCE_MAX = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """The sources that are asked, and their weights; both by default as measured."""

    sources: frozenset[str] = DEFAULT_SOURCES
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    def weight_of(self, source: Source) -> float:
        return self.weights.get(source.name, source.weight)


DEFAULT_CHOICE = Choice()


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """One query for context: the request, and the limits of the work and of its result.

    ``tokenizer`` counts the tokens that ``budget`` is of.
    """

    request: ContextRequest
    tokenizer: Tokenizer
    budget: Budget
    deadline: Deadline
    choice: Choice = DEFAULT_CHOICE


@dataclass(frozen=True, slots=True)
class RetrievedContext:
    """The snippets that go into the prompt, and the record of why.

    ``timings_ms`` is by source; ``late`` are the sources that the deadline left out. ``found`` has the
    snippets of each source before any selection.
    """

    files: tuple[RepositoryFile, ...] = ()
    chosen: tuple[SelectedSnippet, ...] = ()
    dropped: tuple[DroppedSnippet, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    late: tuple[str, ...] = ()
    found: Mapping[str, tuple[Snippet, ...]] = field(default_factory=dict[str, tuple[Snippet, ...]])


@dataclass(frozen=True, slots=True)
class PreviousResults:
    """The snippets that an earlier call found at about this place, by source.

    ``answered`` sources are not asked again. ``stale`` snippets are used if the deadline leaves their source
    out.
    """

    answered: Mapping[str, tuple[Snippet, ...]] = field(default_factory=dict[str, tuple[Snippet, ...]])
    stale: Mapping[str, tuple[Snippet, ...]] = field(default_factory=dict[str, tuple[Snippet, ...]])


NO_PREVIOUS_RESULTS = PreviousResults()


def retrieve(
    query: ContextQuery,
    index: Index,
    kept: tuple[SelectedSnippet, ...] | None = None,
    previous: PreviousResults = NO_PREVIOUS_RESULTS,
) -> RetrievedContext:
    """Ask the sources for snippets, and select those that go into the prompt.

    With ``kept``, only the hole's own snippets are looked for, and ``kept`` are the others. A source that is
    at work when the deadline comes may end some milliseconds later.
    """
    request, budget = query.request, query.budget
    around = Surroundings(
        request, budget.before_tokens * CHARACTERS_PER_TOKEN, budget.after_tokens * CHARACTERS_PER_TOKEN
    )
    timings_ms: dict[str, float] = {}
    late: list[str] = []
    found: dict[str, tuple[Snippet, ...]] = {}
    for source in SOURCES:
        if source.name not in query.choice.sources or (kept is not None and source.tier != "hole"):
            continue
        if source.name in previous.answered:
            found[source.name] = previous.answered[source.name]
        elif query.deadline.has_passed:
            late.append(source.name)
            found[source.name] = previous.stale.get(source.name, ())
        else:
            started = time.monotonic()
            found[source.name] = until_deadline(source.find(around, index), query.deadline)
            timings_ms[source.name] = round((time.monotonic() - started) * 1000, 2)
    weights = {name: query.choice.weight_of(source) for name, source in SOURCE_OF_SNIPPET.items()}
    counter = token_counter(query.tokenizer)
    hole_tokens = int(budget.snippet_tokens * HOLE_SHARE)
    hole = select(of_tier(found, ("hole",)), weights, around.shown_lines, hole_tokens, counter)
    chosen, dropped = kept or (), hole.dropped
    if kept is None:
        is_asked = request.facts is not None or bool(request.missing)
        rest_tokens = budget.snippet_tokens - (hole_tokens if is_asked else 0)
        lasting = of_tier(found, ("file", "place"))
        rest = select(lasting, weights, around.shown_lines, rest_tokens, counter)
        chosen, dropped = rest.chosen, (*hole.dropped, *rest.dropped)
    everything = (*chosen, *hole.chosen)
    files = files_of((selected.snippet for selected in everything), request.language)
    return RetrievedContext(files, everything, dropped, timings_ms, tuple(late), found)


TIER_OF_SOURCE = {source.name: source.tier for source in SOURCES}


def of_tier(found: Mapping[str, tuple[Snippet, ...]], tiers: Sequence[Tier]) -> list[Snippet]:
    """Return the snippets of these tiers, in the order of tiers, then of sources."""
    return [
        snippet
        for tier in tiers
        for name, snippets in found.items()
        if TIER_OF_SOURCE[name] == tier
        for snippet in snippets
    ]


def until_deadline(snippets: Iterable[Snippet], deadline: Deadline) -> tuple[Snippet, ...]:
    """Return a source's snippets that come before the deadline, up to SNIPPETS_PER_SOURCE_MAX."""
    found: list[Snippet] = []
    for snippet in snippets:
        found.append(snippet)
        if len(found) >= SNIPPETS_PER_SOURCE_MAX or deadline.has_passed:
            break
    return tuple(found)


def token_counter(tokenizer: Tokenizer) -> Callable[[str], int]:
    """Return a function that counts tokens, and counts each text once: trimming asks for the same texts
    again.
    """
    counts: dict[str, int] = {}

    def count(text: str) -> int:
        if text not in counts:
            counts[text] = len(tokenizer.encode(text))
        return counts[text]

    return count
