"""Context that holds still while the user types, so that the engine's prefix cache stays warm.

The snippets of a document are chosen once and kept while the cursor stays in the neighbourhood; only those
of the hole itself follow every keystroke. They are chosen anew on a pause, after a jump or when they are old,
and then what was there before stays unless something is clearly better.

What a deadline left out is not lost: the next keystroke nearby asks only the sources that have not answered
yet, and until they have, what they gave last time nearby is used.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import Budget
from holesmith.context.prompt.tokenizer import Tokenizer
from holesmith.context.request import ContextRequest
from holesmith.context.retrieval.deadline import Deadline
from holesmith.context.retrieval.gather import (
    DEFAULT_CHOICE,
    NOTHING_BEFORE,
    TIER_OF_SOURCE,
    Before,
    Choice,
    RetrievedContext,
    gather,
)
from holesmith.context.retrieval.selection import SelectedSnippet
from holesmith.context.snippet import Snippet
from holesmith.context.sources.catalogue import SOURCE_OF_SNIPPET

NEIGHBOURHOOD_LINES = 24
KEPT_S_MAX = 120.0
DOCUMENTS_MAX = 32
# The old snippets stay if the value of the new ones is not higher by more than this.
BETTER_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class _Kept:
    """``found`` is by source, without those of the hole; ``late`` are those of them that have not answered
    here.
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
    """One per index; keeps what was chosen for the documents used last. May be used from any thread."""

    def __init__(self, index: Index, clock: Callable[[], float] = time.monotonic) -> None:
        self._index = index
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def gather(
        self,
        request: ContextRequest,
        tokenizer: Tokenizer,
        budget: Budget,
        deadline: Deadline,
        choice: Choice = DEFAULT_CHOICE,
        *,
        paused: bool = False,
    ) -> RetrievedContext:
        """As ``gather``. ``paused`` says that the user is not typing just now, so a new choice is cheap."""
        with self._lock:
            kept = self._kept.get(request.path)
        is_held = kept is not None and not paused and self._holds(kept, request, budget, choice)
        if kept is not None and is_held and not kept.late:
            return gather(request, self._index, tokenizer, budget, deadline, choice, kept.chosen)
        before = self._before(kept, request, is_held=is_held)
        fresh = gather(request, self._index, tokenizer, budget, deadline, choice, before=before)
        made = self._made(request, budget, choice, fresh)
        if kept is not None and is_held:
            made = replace(made, line=kept.line, made_s=kept.made_s)
        elif kept is not None and not kept.late and self._stays(kept, fresh, request, budget, choice):
            made = replace(made, chosen=kept.chosen)
            again = Before(answered=fresh.found)
            stays = gather(request, self._index, tokenizer, budget, deadline, choice, kept.chosen, again)
            fresh = replace(stays, timings_ms=fresh.timings_ms, late=fresh.late)
        self._keep(request.path, made)
        return fresh

    def forget(self, path: str | None = None) -> None:
        """After a document was closed, or everything changed (None): choose anew next time."""
        with self._lock:
            if path is None:
                self._kept.clear()
            else:
                self._kept.pop(path, None)

    def _holds(self, kept: _Kept, request: ContextRequest, budget: Budget, choice: Choice) -> bool:
        """Whether what was found before still serves here."""
        return (
            self._is_near(kept, request)
            and self._clock() - kept.made_s <= KEPT_S_MAX
            and (kept.budget, kept.choice) == (budget, choice)
            and kept.imports_text == imports_text(request)
        )

    def _before(self, kept: _Kept | None, request: ContextRequest, *, is_held: bool) -> Before:
        """What of the last time may be used again."""
        if kept is None or not self._is_near(kept, request):
            return NOTHING_BEFORE
        answered = {name: snippets for name, snippets in kept.found.items() if name not in kept.late}
        return Before(answered if is_held else {}, kept.found)

    def _is_near(self, kept: _Kept, request: ContextRequest) -> bool:
        return abs(request.prefix.count("\n") - kept.line) <= NEIGHBOURHOOD_LINES

    def _stays(
        self, kept: _Kept, fresh: RetrievedContext, request: ContextRequest, budget: Budget, choice: Choice
    ) -> bool:
        """Whether the old choice is still about as good as the new one for a cursor that stayed near."""
        if not self._is_near(kept, request) or (kept.budget, kept.choice) != (budget, choice):
            return False
        new = {each.snippet.text: each.value for each in lasting(fresh.chosen)}
        old_value = sum(new.get(each.snippet.text, 0.0) for each in kept.chosen)
        return sum(new.values()) <= BETTER_FACTOR * old_value

    def _made(
        self, request: ContextRequest, budget: Budget, choice: Choice, fresh: RetrievedContext
    ) -> _Kept:
        return _Kept(
            line=request.prefix.count("\n"),
            made_s=self._clock(),
            budget=budget,
            choice=choice,
            imports_text=imports_text(request),
            chosen=lasting(fresh.chosen),
            found={name: each for name, each in fresh.found.items() if TIER_OF_SOURCE[name] != "hole"},
            late=tuple(name for name in fresh.late if TIER_OF_SOURCE[name] != "hole"),
        )

    def _keep(self, path: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[path] = kept
            self._kept.move_to_end(path)
            while len(self._kept) > DOCUMENTS_MAX:
                self._kept.popitem(last=False)


def lasting(chosen: tuple[SelectedSnippet, ...]) -> tuple[SelectedSnippet, ...]:
    """Those that serve the neighbourhood and not only one hole."""
    return tuple(each for each in chosen if SOURCE_OF_SNIPPET[each.snippet.source].tier != "hole")


def imports_text(request: ContextRequest) -> str:
    """The lines before the hole that bring names in; a new one asks for a new choice."""
    words = ("import ", "from ", "use ", "using ", "#include")
    hole_line_start = request.prefix.rfind("\n") + 1
    lines = request.prefix[:hole_line_start].split("\n")
    return "\n".join(line for line in lines if line.startswith(words))
