"""The completion cache: the rest of an earlier completion, while the typed text agrees with it.

The rest needs no engine work and does not flicker: the editor gets the remainder of the same text. A
completion is stored with the text around its hole, so that it is found again only in the same document in the
same state. After the completion `b)` of `return f(a, ‸`, the user types `b`, and the rest is `)`.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from holesmith.completion.answer import Answer, Completion, placed
from holesmith.completion.postprocess.shaping import TRAILING, cut_overlap, rest_of_line
from holesmith.completion.snapshot import Snapshot

# Completions that are kept.
ANSWERS_MAX = 64
# Each answer is stored with the text of its document: of huge documents only the last few are kept.
CHARACTERS_MAX, ANSWERS_MIN = 8_000_000, 3
# The most brackets and quotes that an editor may have closed by itself behind the typed text.
CLOSED_MAX = 8
TYPED_ALONG = "typed along"
PREFETCHED = "worked out before it was asked for"


@dataclass(slots=True)
class CacheEntry:
    """An answer with its ``completions`` between ``prefix`` and ``suffix``, the one shown first.

    The span of each completion counts from the cursor. ``left`` is the number of characters of the first
    completion that were still to be typed at the last look-up. ``is_shown`` is False while nobody has asked
    for the answer.
    """

    path: str
    prefix: str
    suffix: str
    completions: tuple[Completion, ...]
    answer: Answer
    is_shown: bool
    left: int = 0

    @property
    def text(self) -> str:
        return self.completions[0].text

    @property
    def how(self) -> str:
        """The reason why the answer needs no work."""
        return TYPED_ALONG if self.is_shown else PREFETCHED

    def show(self, answer: Answer) -> None:
        """Record that the rest of the completion, in ``answer``, is shown from now on."""
        assert answer.completion is not None
        self.is_shown, self.left = True, len(answer.completion.text)


class CompletionCache:
    """The last completions, newest first."""

    def __init__(self) -> None:
        self._answers: deque[CacheEntry] = deque(maxlen=ANSWERS_MAX)
        self._judged: CacheEntry | None = None

    def add(self, snapshot: Snapshot, answer: Answer, *, is_shown: bool = True) -> None:
        """Store an answer. Unless ``is_shown``, it was prefetched, and says nothing
        about what the user saw.
        """
        if answer.completion is None:
            return
        prefix, suffix = snapshot.prefix, snapshot.suffix
        start = len(snapshot.selected.text) if snapshot.selected else 0
        cursor = len(snapshot.text) - len(suffix)
        completions = tuple(
            replace(completion, text=completion.text[start:], start=0, stop=completion.stop - cursor)
            for completion in (answer.completion, *answer.alternatives)
        )
        left = len(completions[0].text)
        self._answers.appendleft(
            CacheEntry(snapshot.path, prefix, suffix, completions, answer, is_shown, left)
        )
        while len(self._answers) > ANSWERS_MIN and sum(map(characters, self._answers)) > CHARACTERS_MAX:
            self._answers.pop()

    def find(self, snapshot: Snapshot) -> tuple[CacheEntry, Answer] | None:
        """Return a stored answer that agrees with the text typed since, and the rest of it; None if there is
        none.
        """
        prefix, suffix = snapshot.prefix, snapshot.suffix
        for entry in self._answers:
            rests = tuple(remainders(entry, snapshot.path, prefix, suffix))
            if rests:
                return entry, continued(entry, rests, snapshot)
        return None

    def is_just_taken(self, snapshot: Snapshot) -> bool:
        """True if the last completion shown, of one line, was taken at one stroke and nothing was typed
        since.
        """
        last = self._last_shown()
        if last is None or snapshot.path != last.path or "\n" in last.text or last.left < 2:
            return False
        return any(is_taken(last, completion, snapshot) for completion in last.completions)

    def outcome_of_last(self, snapshot: Snapshot) -> bool | None:
        """Return True if the last completion shown was taken whole, False if it was dropped for other text.

        None while the user still types along with it, if its outcome was returned before, or in another
        document.
        """
        last = self._last_shown()
        if last is None or self._judged is last:
            return None
        prefix, suffix = snapshot.prefix, snapshot.suffix
        if snapshot.path != last.path or any(remainders(last, snapshot.path, prefix, suffix)):
            return None
        self._judged = last
        return any(prefix.startswith(last.prefix + completion.text) for completion in last.completions)

    def clear(self) -> None:
        self._answers.clear()

    def _last_shown(self) -> CacheEntry | None:
        return next((entry for entry in self._answers if entry.is_shown), None)


def is_taken(entry: CacheEntry, completion: Completion, snapshot: Snapshot) -> bool:
    """True if the cursor is behind the completion, or behind the closing marks that come after it."""
    # The document without the editor's menu: an item that is only highlighted was not taken.
    before, behind = snapshot.text[: snapshot.offset], snapshot.text[snapshot.offset :]
    taken = entry.prefix + completion.text
    closed = before[len(taken) :]
    is_behind = closed + behind == entry.suffix[completion.stop :]
    return before.startswith(taken) and TRAILING.issuperset(closed) and is_behind


def remainders(entry: CacheEntry, path: str, prefix: str, suffix: str) -> Iterator[Completion]:
    """Yield the rest of each completion that still fits after ``prefix`` has been typed."""
    if path != entry.path or not prefix.startswith(entry.prefix):
        return
    typed = prefix[len(entry.prefix) :]
    for completion in entry.completions:
        if completion.text.startswith(typed):
            rest = remainder(completion, typed, entry.suffix, suffix)
            if rest.text:
                yield rest


def remainder(completion: Completion, typed: str, before: str, suffix: str) -> Completion:
    """Return the rest of a completion of which ``typed`` is in the document.

    ``before`` is the text that stood behind the cursor, ``suffix`` the text that stands there now. The rest
    is empty if that text has changed in another way than editors change it by themselves.
    """
    rest = replace(completion, text=completion.text[len(typed) :])
    nothing = replace(completion, text="")
    if suffix == before:
        return rest
    if before.endswith(suffix):  # a closing bracket was typed over
        passed = before[: len(before) - len(suffix)]
        is_passed = typed.endswith(passed) and is_closed_by_editor(passed)
        return replace(rest, stop=max(rest.stop - len(passed), 0)) if is_passed else nothing
    closed = suffix[: len(suffix) - len(before)]
    if not (typed and suffix.endswith(before) and is_closed_by_editor(closed)):
        return nothing
    if rest.stop:  # the completion replaces the marks that were there, and the new mark stands before them
        return replace(rest, stop=rest.stop + len(closed))
    return replace(rest, text=cut_overlap(rest.text, rest_of_line(suffix)))


def is_closed_by_editor(text: str) -> bool:
    """True if an editor may have inserted ``text`` by itself to close brackets or quotes."""
    return 0 < len(text) <= CLOSED_MAX and TRAILING.issuperset(text)


def continued(entry: CacheEntry, rests: tuple[Completion, ...], snapshot: Snapshot) -> Answer:
    """Return the answer as seen from ``snapshot``: with its remaining texts, and without time spent."""
    first, *others = (placed(rest.text, rest.confidence, snapshot, rest.stop) for rest in rests)
    return replace(
        entry.answer,
        completion=first,
        alternatives=tuple(others),
        reason=entry.how,
        prefilled_tokens=0,
        timings_ms={"total": 0.0},
    )


def characters(entry: CacheEntry) -> int:
    """Return the number of characters of the document that an entry keeps."""
    return len(entry.prefix) + len(entry.suffix)
