"""From a request to the files that stand before the hole in the prompt: all of retrieval in one call.

Synchronous and without side effects, for a thread of the caller's; takes at most the time it is given, and
what was found by then is used.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from holesmith.context.budget import Budget
from holesmith.context.index.reader import Index
from holesmith.context.layout import files_of
from holesmith.context.prompt import RepositoryFile
from holesmith.context.request import ContextRequest
from holesmith.context.selection import Chosen, Dropped, select
from holesmith.context.snippet import Snippet, Tier
from holesmith.context.sources.catalogue import DEFAULT_SOURCES, SOURCE_OF_SNIPPET, SOURCES, Source
from holesmith.context.surroundings import Surroundings
from holesmith.context.tokenizer import Tokenizer

# Of the budget for snippets, what is kept for those of this very hole.
HOLE_SHARE = 0.25
CHARACTERS_PER_TOKEN = 3
SNIPPETS_PER_SOURCE_MAX = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """Which sources are asked, and what they are worth; by default as measured."""

    sources: frozenset[str] = DEFAULT_SOURCES
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    def weight_of(self, source: Source) -> float:
        return self.weights.get(source.name, source.weight)


DEFAULT_CHOICE = Choice()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What goes into the prompt and the whole story of why.

    ``timings_ms`` is by source; ``late`` are the sources that the deadline left out.
    """

    files: tuple[RepositoryFile, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    late: tuple[str, ...] = ()


def gather(
    request: ContextRequest,
    index: Index,
    tokenizer: Tokenizer,
    budget: Budget,
    deadline_s: float,
    choice: Choice = DEFAULT_CHOICE,
    kept: tuple[Chosen, ...] | None = None,
) -> Gathered:
    """``deadline_s`` is by time.monotonic(); a source that has begun may end some milliseconds later.

    With ``kept``, only the hole's own snippets are found anew, and the others are those.
    """
    around = Surroundings(
        request, budget.before_tokens * CHARACTERS_PER_TOKEN, budget.after_tokens * CHARACTERS_PER_TOKEN
    )
    timings_ms: dict[str, float] = {}
    late: list[str] = []
    found: dict[Tier, list[Snippet]] = {"file": [], "place": [], "hole": []}
    for source in SOURCES:
        if source.name not in choice.sources or (kept is not None and source.tier != "hole"):
            continue
        started = time.monotonic()
        if started > deadline_s:
            late.append(source.name)
            continue
        found[source.tier].extend(until_deadline(source.gather(around, index), deadline_s))
        timings_ms[source.name] = round((time.monotonic() - started) * 1000, 2)
    weights = {name: choice.weight_of(source) for name, source in SOURCE_OF_SNIPPET.items()}
    counter = token_counter(tokenizer)
    hole_tokens = int(budget.snippet_tokens * HOLE_SHARE)
    hole = select(found["hole"], weights, around.shown_lines, hole_tokens, counter)
    chosen, dropped = kept or (), hole.dropped
    if kept is None:
        rest_tokens = budget.snippet_tokens - (0 if request.facts is None else hole_tokens)
        rest = select([*found["file"], *found["place"]], weights, around.shown_lines, rest_tokens, counter)
        chosen, dropped = rest.chosen, (*hole.dropped, *rest.dropped)
    everything = (*chosen, *hole.chosen)
    files = files_of((each.snippet for each in everything), request.language)
    return Gathered(files, everything, dropped, timings_ms, tuple(late))


def until_deadline(snippets: Iterable[Snippet], deadline_s: float) -> list[Snippet]:
    """A source's snippets as far as they come in time, and not more than there is any use for."""
    found: list[Snippet] = []
    for snippet in snippets:
        found.append(snippet)
        if len(found) >= SNIPPETS_PER_SOURCE_MAX or time.monotonic() > deadline_s:
            break
    return found


def token_counter(tokenizer: Tokenizer) -> Callable[[str], int]:
    """Counts each text once: trimming asks for the same ones again."""
    counts: dict[str, int] = {}

    def count(text: str) -> int:
        if text not in counts:
            counts[text] = len(tokenizer.encode(text))
        return counts[text]

    return count
