"""Context that holds still while the user types, so that the engine's prefix cache stays warm.

The snippets of a document are chosen once and kept while the cursor stays in the neighbourhood; only those
of the hole itself follow every keystroke. They are chosen anew on a pause, after a jump or when they are old,
and then what was there before stays unless something is clearly better.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from holesmith.context.budget import Budget
from holesmith.context.gather import DEFAULT_CHOICE, Choice, Gathered, gather
from holesmith.context.index.reader import Index
from holesmith.context.request import ContextRequest
from holesmith.context.selection import Chosen
from holesmith.context.sources.catalogue import SOURCE_OF_SNIPPET
from holesmith.context.tokenizer import Tokenizer

NEIGHBOURHOOD_LINES = 24
KEPT_S_MAX = 120.0
DOCUMENTS_MAX = 32
# The old snippets stay if the value of the new ones is not higher by more than this.
BETTER_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class _Kept:
    line: int
    made_s: float
    budget: Budget
    choice: Choice
    imports_text: str
    chosen: tuple[Chosen, ...]
    was_complete: bool


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
        deadline_s: float,
        choice: Choice = DEFAULT_CHOICE,
        *,
        paused: bool = False,
    ) -> Gathered:
        """As ``gather``. ``paused`` says that the user is not typing just now, so a new choice is cheap."""
        with self._lock:
            kept = self._kept.get(request.path)
        if kept is not None and not paused and self._holds(kept, request, budget, choice):
            return gather(request, self._index, tokenizer, budget, deadline_s, choice, kept.chosen)
        fresh = gather(request, self._index, tokenizer, budget, deadline_s, choice)
        if kept is not None and kept.was_complete and self._stays(kept, fresh, request, budget, choice):
            again = gather(request, self._index, tokenizer, budget, deadline_s, choice, kept.chosen)
            self._keep(request, budget, choice, kept.chosen, was_complete=True)
            return again
        self._keep(request, budget, choice, lasting(fresh.chosen), was_complete=not fresh.late)
        return fresh

    def forget(self, path: str | None = None) -> None:
        """After a document was closed, or everything changed (None): choose anew next time."""
        with self._lock:
            if path is None:
                self._kept.clear()
            else:
                self._kept.pop(path, None)

    def _holds(self, kept: _Kept, request: ContextRequest, budget: Budget, choice: Choice) -> bool:
        """Whether the choice made before still serves here."""
        line = request.prefix.count("\n")
        return (
            kept.was_complete
            and abs(line - kept.line) <= NEIGHBOURHOOD_LINES
            and self._clock() - kept.made_s <= KEPT_S_MAX
            and (kept.budget, kept.choice) == (budget, choice)
            and kept.imports_text == imports_text(request)
        )

    def _stays(
        self, kept: _Kept, fresh: Gathered, request: ContextRequest, budget: Budget, choice: Choice
    ) -> bool:
        """Whether the old choice is still about as good as the new one for a cursor that stayed near."""
        line = request.prefix.count("\n")
        is_near = abs(line - kept.line) <= NEIGHBOURHOOD_LINES
        if not is_near or (kept.budget, kept.choice) != (budget, choice):
            return False
        new = {each.snippet.text: each.value for each in lasting(fresh.chosen)}
        old_value = sum(new.get(each.snippet.text, 0.0) for each in kept.chosen)
        return sum(new.values()) <= BETTER_FACTOR * old_value

    def _keep(
        self,
        request: ContextRequest,
        budget: Budget,
        choice: Choice,
        chosen: tuple[Chosen, ...],
        *,
        was_complete: bool,
    ) -> None:
        line = request.prefix.count("\n")
        kept = _Kept(line, self._clock(), budget, choice, imports_text(request), chosen, was_complete)
        with self._lock:
            self._kept[request.path] = kept
            self._kept.move_to_end(request.path)
            while len(self._kept) > DOCUMENTS_MAX:
                self._kept.popitem(last=False)


def lasting(chosen: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    """Those that serve the neighbourhood and not only one hole."""
    return tuple(each for each in chosen if SOURCE_OF_SNIPPET[each.snippet.source].tier != "hole")


def imports_text(request: ContextRequest) -> str:
    """The lines before the hole that bring names in; a new one asks for a new choice."""
    words = ("import ", "from ", "use ", "using ", "#include")
    hole_line_start = request.prefix.rfind("\n") + 1
    lines = request.prefix[:hole_line_start].split("\n")
    return "\n".join(line for line in lines if line.startswith(words))
