"""Keep the context stable while the user types, so that the engine's prefix cache stays valid.

The snippets of a document are selected once and kept while the cursor stays in the neighbourhood; only
snippets of the hole itself follow every keystroke. A new selection is made on a pause, after a jump, or when
the kept one is old; the kept one then stays unless the new one is clearly better.

Sources that a deadline left out are not lost: the next keystroke nearby asks only the sources that have not
answered yet, and until they have, their snippets of the last time nearby are used.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import Budget
from holesmith.context.request import ContextRequest
from holesmith.context.retrieval.retrieve import (
    NO_PREVIOUS_RESULTS,
    TIER_OF_SOURCE,
    Choice,
    ContextQuery,
    PreviousResults,
    RetrievedContext,
    retrieve,
)
from holesmith.context.retrieval.selection import SelectedSnippet
from holesmith.context.snippet import Snippet
from holesmith.context.sources.catalogue import SOURCE_OF_SNIPPET

# Lines between the cursor and the kept selection within which the selection is kept.
NEIGHBOURHOOD_LINES = 24
# Seconds until the kept selection is old.
KEPT_S_MAX = 120.0
# Documents whose selections are kept.
DOCUMENTS_MAX = 32
# The kept snippets stay unless the value of the new ones is higher by more than this factor.
BETTER_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class _KeptSelection:
    """The kept selection of one document.

    ``found`` has the snippets by source, without those of the hole. ``late`` are the sources that have not
    answered here yet.
    """

    line: int
    made_s: float
    budget: Budget
    choice: Choice
    imports_text: str
    chosen: tuple[SelectedSnippet, ...]
    found: Mapping[str, tuple[Snippet, ...]]
    late: tuple[str, ...]


class ContextSession:
    """Retrieve context from one index, and keep the selection of the documents used last. Thread-safe."""

    def __init__(self, index: Index, clock: Callable[[], float] = time.monotonic) -> None:
        self._index = index
        self._clock = clock
        self._kept: OrderedDict[str, _KeptSelection] = OrderedDict()
        self._lock = threading.Lock()

    def retrieve(self, query: ContextQuery, *, paused: bool = False) -> RetrievedContext:
        """Retrieve context as the function `retrieve` does, with the kept selection if it still serves.

        ``paused`` says that the user is not typing just now, so that a new selection is cheap.
        """
        with self._lock:
            kept = self._kept.get(query.request.path)
        is_held = kept is not None and not paused and self._holds(kept, query)
        if kept is not None and is_held and not kept.late:
            return retrieve(query, self._index, kept.chosen)
        fresh = retrieve(query, self._index, previous=self._previous(kept, query, is_held=is_held))
        selection = self._selection_of(fresh, query)
        if kept is not None and is_held:
            selection = replace(selection, line=kept.line, made_s=kept.made_s)
        elif kept is not None and not kept.late and self._stays(kept, fresh, query):
            selection = replace(selection, chosen=kept.chosen)
            stays = retrieve(query, self._index, kept.chosen, PreviousResults(answered=fresh.found))
            fresh = replace(stays, timings_ms=fresh.timings_ms, late=fresh.late)
        self._keep(query.request.path, selection)
        return fresh

    def forget(self, path: str | None = None) -> None:
        """Forget the selection of a document that was closed, or of all documents (None)."""
        with self._lock:
            if path is None:
                self._kept.clear()
            else:
                self._kept.pop(path, None)

    def _holds(self, kept: _KeptSelection, query: ContextQuery) -> bool:
        """True if the kept selection still serves at the place of this query."""
        return (
            self._is_near(kept, query.request)
            and self._clock() - kept.made_s <= KEPT_S_MAX
            and (kept.budget, kept.choice) == (query.budget, query.choice)
            and kept.imports_text == imports_text(query.request)
        )

    def _previous(
        self, kept: _KeptSelection | None, query: ContextQuery, *, is_held: bool
    ) -> PreviousResults:
        """Return the results of the last time that may be used again."""
        if kept is None or not self._is_near(kept, query.request):
            return NO_PREVIOUS_RESULTS
        answered = {name: snippets for name, snippets in kept.found.items() if name not in kept.late}
        return PreviousResults(answered if is_held else {}, kept.found)

    def _is_near(self, kept: _KeptSelection, request: ContextRequest) -> bool:
        return abs(request.prefix.count("\n") - kept.line) <= NEIGHBOURHOOD_LINES

    def _stays(self, kept: _KeptSelection, fresh: RetrievedContext, query: ContextQuery) -> bool:
        """True if the kept selection is about as good as the new one, for a cursor that stayed near."""
        if not self._is_near(kept, query.request) or (kept.budget, kept.choice) != (
            query.budget,
            query.choice,
        ):
            return False
        new = {selected.snippet.text: selected.value for selected in lasting(fresh.chosen)}
        old_value = sum(new.get(selected.snippet.text, 0.0) for selected in kept.chosen)
        return sum(new.values()) <= BETTER_FACTOR * old_value

    def _selection_of(self, fresh: RetrievedContext, query: ContextQuery) -> _KeptSelection:
        return _KeptSelection(
            line=query.request.prefix.count("\n"),
            made_s=self._clock(),
            budget=query.budget,
            choice=query.choice,
            imports_text=imports_text(query.request),
            chosen=lasting(fresh.chosen),
            found={
                name: snippets for name, snippets in fresh.found.items() if TIER_OF_SOURCE[name] != "hole"
            },
            late=tuple(name for name in fresh.late if TIER_OF_SOURCE[name] != "hole"),
        )

    def _keep(self, path: str, kept: _KeptSelection) -> None:
        with self._lock:
            self._kept[path] = kept
            self._kept.move_to_end(path)
            while len(self._kept) > DOCUMENTS_MAX:
                self._kept.popitem(last=False)


def lasting(chosen: tuple[SelectedSnippet, ...]) -> tuple[SelectedSnippet, ...]:
    """Return the snippets that serve the neighbourhood and not only one hole."""
    return tuple(selected for selected in chosen if SOURCE_OF_SNIPPET[selected.snippet.source].tier != "hole")


def imports_text(request: ContextRequest) -> str:
    """Return the lines before the hole that import names; a change of them asks for a new selection."""
    words = ("import ", "from ", "use ", "using ", "#include")
    hole_line_start = request.prefix.rfind("\n") + 1
    lines = request.prefix[:hole_line_start].split("\n")
    return "\n".join(line for line in lines if line.startswith(words))
