"""All sources of snippets: their names, tiers and weights.

The weights and the default sources come from measurements (docs/results/2026-11-26-context-sources-alone.md),
not from taste.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from holesmith.context.index.reader import Index
from holesmith.context.snippet import Snippet, Tier
from holesmith.context.sources import (
    bm25,
    calls,
    facts,
    imports,
    instructions,
    missing_imports,
    popular,
    proposals,
    recent,
    same_class,
    similar,
    work,
)
from holesmith.context.surroundings import Surroundings

Find = Callable[[Surroundings, Index], Iterable[Snippet]]


@dataclass(frozen=True, slots=True)
class Source:
    """One source of snippets.

    ``names`` are the values that its snippets may have as ``source``; they are switched on and off together.
    ``weight`` is the worth of one of its best snippets beside those of other sources.
    """

    name: str
    tier: Tier
    find: Find
    weight: float
    is_default: bool
    names: tuple[str, ...] = ()

    @property
    def snippet_names(self) -> tuple[str, ...]:
        return self.names or (self.name,)


# In the order in which the sources are asked: when the deadline comes, the last ones are left out.
SOURCES: tuple[Source, ...] = (
    Source("facts", "hole", facts.snippets, 1.0, True, tuple(facts.SOURCE_OF_KIND.values())),
    Source("missing_imports", "hole", missing_imports.snippets, 1.0, True),
    Source("instructions", "file", instructions.snippets, 1.0, True),
    Source("recent_edits", "place", recent.edits, 0.9, True),
    Source("imports", "place", imports.snippets, 0.5, False),
    Source("similar", "place", similar.snippets, 1.0, True),
    Source("bm25", "place", bm25.snippets, 0.6, True),
    Source("callees", "place", calls.callees, 0.7, False),
    Source("same_class", "place", same_class.snippets, 0.4, False),
    Source("recent_files", "place", recent.files, 0.9, True),
    Source("callers", "place", calls.callers, 0.3, False),
    Source("proposals", "place", proposals.snippets, 0.3, False),
    Source("popular", "file", popular.snippets, 0.1, False),
    Source("revision", "file", work.revision, 0.2, False),
    Source("tasks", "place", work.tasks, 0.2, False),
)

SOURCE_NAMES = frozenset(source.name for source in SOURCES)
DEFAULT_SOURCES = frozenset(source.name for source in SOURCES if source.is_default)
SOURCE_OF_SNIPPET = {name: source for source in SOURCES for name in source.snippet_names}
