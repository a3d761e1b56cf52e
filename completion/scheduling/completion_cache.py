"""Type-ahead: while what is typed agrees with what was completed, the rest of it is still the completion.

No engine work, no flicker: the editor gets the remainder of the same text. A completion is remembered with
the text around its hole, so that it is found again only in the same document in the same state.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from holesmith.completion.answer import Answer, Completion, placed
from holesmith.completion.postprocess.shaping import TRAILING, cut_overlap, rest_of_line
from holesmith.completion.snapshot import Snapshot

ANSWERS_MAX = 64
# Each is remembered with the text of its document: of huge ones only the last few.
CHARACTERS_MAX, ANSWERS_MIN = 8_000_000, 3
# As many brackets and quotes as an editor may have closed by itself behind what was typed.
CLOSED_MAX = 8
TYPED_ALONG = "typed along"
FORESEEN = "worked out before it was asked for"


@dataclass(slots=True)
class CacheEntry:
    """An answer that has ``completions`` between ``prefix`` and ``suffix``, the one shown first; the span of
    each counts from the cursor.

    ``left`` is how much of the first one was still to be typed when it was last looked at; ``is_shown`` is
    false while nobody has asked for it.
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
        """Why an answer needs no work."""
        return TYPED_ALONG if self.is_shown else FORESEEN

    def show(self, answer: Answer) -> None:
        """Its rest, ``answer``, is shown from now on."""
        assert answer.completion is not None
        self.is_shown, self.left = True, len(answer.completion.text)


class CompletionCache:
    """The last completions, newest first."""

    def __init__(self) -> None:
        self._answers: deque[CacheEntry] = deque(maxlen=ANSWERS_MAX)
        self._judged: CacheEntry | None = None

    def add(self, snapshot: Snapshot, answer: Answer, *, is_shown: bool = True) -> None:
        """Unless ``is_shown``, it was worked out ahead, and says nothing about what the user saw."""
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
        """A remembered answer that the text since typed agrees with, and the rest of it."""
        prefix, suffix = snapshot.prefix, snapshot.suffix
        for remembered in self._answers:
            rests = tuple(remainders(remembered, snapshot.path, prefix, suffix))
            if rests:
                return remembered, continued(remembered, rests, snapshot)
        return None

    def is_just_taken(self, snapshot: Snapshot) -> bool:
        """Whether the last completion shown, of one line, was taken at one stroke and nothing typed since."""
        last = self._last_shown()
        if last is None or snapshot.path != last.path or "\n" in last.text or last.left < 2:
            return False
        return any(is_taken(last, completion, snapshot) for completion in last.completions)

    def outcome_of_last(self, snapshot: Snapshot) -> bool | None:
        """Whether the last completion shown has been taken whole, or else dropped for other text.

        None while it is still being typed along, when its outcome was told before, or in another document.
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
        return next((remembered for remembered in self._answers if remembered.is_shown), None)


def is_taken(remembered: CacheEntry, completion: Completion, snapshot: Snapshot) -> bool:
    """Whether the cursor is behind the completion, or behind the closing marks over which an item reaches."""
    # The document as it is: an item that is only highlighted in the editor's menu was not taken.
    before, behind = snapshot.text[: snapshot.offset], snapshot.text[snapshot.offset :]
    taken = remembered.prefix + completion.text
    closed = before[len(taken) :]
    is_behind = closed + behind == remembered.suffix[completion.stop :]
    return before.startswith(taken) and TRAILING.issuperset(closed) and is_behind


def remainders(remembered: CacheEntry, path: str, prefix: str, suffix: str) -> Iterator[Completion]:
    """What is left of each completion when ``prefix`` has been typed, of those that still fit."""
    if path != remembered.path or not prefix.startswith(remembered.prefix):
        return
    typed = prefix[len(remembered.prefix) :]
    for completion in remembered.completions:
        if completion.text.startswith(typed):
            rest = remainder(completion, typed, remembered.suffix, suffix)
            if rest.text:
                yield rest


def remainder(completion: Completion, typed: str, before: str, suffix: str) -> Completion:
    """What is to be inserted of a completion of which ``typed`` is there; its text is empty if what stands
    behind the cursor has changed otherwise than by what an editor does itself: ``before`` it stood there, now
    ``suffix`` does.
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
    if rest.stop:  # it goes on behind the marks that were there; this one comes before them
        return replace(rest, stop=rest.stop + len(closed))
    return replace(rest, text=cut_overlap(rest.text, rest_of_line(suffix)))


def is_closed_by_editor(text: str) -> bool:
    return 0 < len(text) <= CLOSED_MAX and TRAILING.issuperset(text)


def continued(remembered: CacheEntry, rests: tuple[Completion, ...], snapshot: Snapshot) -> Answer:
    """The answer as it looks from ``snapshot``: its remaining texts, and no time spent."""
    first, *others = (placed(rest.text, rest.confidence, snapshot, rest.stop) for rest in rests)
    return replace(
        remembered.answer,
        completion=first,
        alternatives=tuple(others),
        reason=remembered.how,
        prefilled_tokens=0,
        timings_ms={"total": 0.0},
    )


def characters(remembered: CacheEntry) -> int:
    """Of the document that it is remembered with."""
    return len(remembered.prefix) + len(remembered.suffix)
