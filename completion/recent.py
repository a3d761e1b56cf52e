"""Type-ahead: while what is typed agrees with what was completed, the rest of it is still the completion.

No engine work, no flicker: the editor gets the remainder of the same text. A completion is remembered with
the text around its hole, so that it is found again only in the same document in the same state.
"""

from collections import deque
from dataclasses import dataclass, replace

from holesmith.completion.answer import Answer
from holesmith.completion.complete import placed, text_around
from holesmith.completion.shaping import TRAILING, cut_overlap, rest_of_line
from holesmith.completion.snapshot import Snapshot

ANSWERS_MAX = 64
# As many brackets and quotes as an editor may have closed by itself behind what was typed.
CLOSED_MAX = 8


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that showed ``text`` between ``prefix`` and ``suffix``."""

    path: str
    prefix: str
    suffix: str
    text: str
    answer: Answer


class RecentAnswers:
    """The last completions shown, newest first."""

    def __init__(self) -> None:
        self._answers: deque[Remembered] = deque(maxlen=ANSWERS_MAX)
        self._judged: Remembered | None = None

    def add(self, snapshot: Snapshot, answer: Answer) -> None:
        if answer.completion is None:
            return
        prefix, suffix = text_around(snapshot)
        start = snapshot.selected.text if snapshot.selected else ""
        text = answer.completion.text[len(start) :]
        self._answers.appendleft(Remembered(snapshot.path, prefix, suffix, text, answer))

    def answer_for(self, snapshot: Snapshot) -> Answer | None:
        """The rest of a remembered completion that the text since typed agrees with, or None."""
        prefix, suffix = text_around(snapshot)
        for remembered in self._answers:
            rest = remainder(remembered, snapshot.path, prefix, suffix)
            if rest:
                return continued(remembered.answer, rest, snapshot)
        return None

    def outcome_of_last(self, snapshot: Snapshot) -> bool | None:
        """Whether the last completion shown has been taken whole, or else dropped for other text.

        None while it is still being typed along, when its outcome was told before, or in another document.
        """
        if not self._answers or self._judged is self._answers[0]:
            return None
        last = self._answers[0]
        prefix, suffix = text_around(snapshot)
        if snapshot.path != last.path or remainder(last, snapshot.path, prefix, suffix):
            return None
        self._judged = last
        return prefix.startswith(last.prefix + last.text)

    def clear(self) -> None:
        self._answers.clear()


def remainder(remembered: Remembered, path: str, prefix: str, suffix: str) -> str:
    """What is left of a completion when ``prefix`` has been typed; empty if it no longer fits."""
    if path != remembered.path or not prefix.startswith(remembered.prefix):
        return ""
    typed = prefix[len(remembered.prefix) :]
    if not remembered.text.startswith(typed):
        return ""
    rest = remembered.text[len(typed) :]
    if suffix == remembered.suffix:
        return rest
    closed = suffix[: len(suffix) - len(remembered.suffix)]
    by_editor = typed and 0 < len(closed) <= CLOSED_MAX and TRAILING.issuperset(closed)
    if not by_editor or suffix[len(closed) :] != remembered.suffix:
        return ""
    return cut_overlap(rest, rest_of_line(suffix))


def continued(answer: Answer, rest: str, snapshot: Snapshot) -> Answer:
    """``answer`` as it looks from ``snapshot``: its remaining text, and no time spent."""
    assert answer.completion is not None
    completion = placed(rest, answer.completion.confidence, snapshot)
    return replace(
        answer, completion=completion, reason="typed along", prefilled_tokens=0, timings_ms={"total": 0.0}
    )
