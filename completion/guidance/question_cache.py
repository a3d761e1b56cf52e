"""What is asked of analysis about one document and the text generated into it; each question once.

Invariant: a question is about the text up to its trigger, so that two triggers at the same place share one.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from holesmith.analysis.client import Reply
from holesmith.analysis.questions import Source
from holesmith.completion.monitors.choices import Analyst, question_of
from holesmith.completion.monitors.import_list import list_begin
from holesmith.completion.monitors.triggers import Trigger, TriggerKind

Answer = asyncio.Task[Reply[Any]]
Key = tuple[str, str, str]


_SAME_QUESTION: dict[TriggerKind, TriggerKind] = {
    "argument": "keyword",  # what a call takes is the same for its keywords and the number of its arguments
    "empty": "keyword",
    "list": "import",
}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Document:
    """The document without the generated text: what stands left of it and what stands right of it."""

    path: str | None
    language: str
    before: str
    after: str


class Inquiry:
    """Belongs to one event loop; ``close`` ends what is still asked."""

    def __init__(self, document: Document, required: str, analyst: Analyst, answer_ms_max: float) -> None:
        """``required`` is text that the generated text begins with."""
        self._document = document
        self._required = required
        self._analyst = analyst
        self._answer_ms_max = answer_ms_max
        self._answers: dict[Key, Answer] = {}
        self._foreseen: dict[Key, Answer] = {}

    @property
    def count(self) -> int:
        """How many questions were asked."""
        return len(self._answers)

    def ask(self, trigger: Trigger, generated: str, word: str = "") -> Answer:
        """The answer on its way, or there already. ``word`` is the name that is asked about, if any."""
        beginning = self._beginning(trigger, generated)
        key = self._key(trigger, beginning, word)
        if key in self._answers:
            return self._answers[key]
        source = Source(self._document.path, beginning + self._document.after)
        question = question_of(trigger.kind, source, len(beginning), word)
        answer = asyncio.ensure_future(self._analyst.ask(question, self._answer_ms_max))
        self._answers[key] = answer
        return answer

    def foresee(self, trigger: Trigger, generated: str) -> None:
        """Ask before anything is generated."""
        key = self._key(trigger, self._beginning(trigger, generated), "")
        self._foreseen[key] = self.ask(trigger, generated)

    def foreseen(self, trigger: Trigger, generated: str, word: str = "") -> Answer | None:
        """The answer, if the question was foreseen.

        What else was asked is not looked up here: some of it was asked of text thrown away since, and what
        that was depends on when answers come.
        """
        return self._foreseen.get(self._key(trigger, self._beginning(trigger, generated), word))

    def listed(self, trigger: Trigger, generated: str) -> list[str]:
        """The words between where a question was asked and its trigger."""
        asked = len(self._beginning(trigger, generated))
        return _WORD.findall((self._document.before + generated[: trigger.start])[asked:])

    def column(self, trigger: Trigger, generated: str) -> int:
        """How many characters stand on the line before a trigger."""
        line = generated[: trigger.start].rpartition("\n")
        return len(line[2]) + (0 if line[1] else len(self._document.before.rpartition("\n")[2]))

    def close(self) -> None:
        """Ask no more."""
        for answer in self._answers.values():
            answer.cancel()

    def _key(self, trigger: Trigger, beginning: str, word: str) -> Key:
        kind = _SAME_QUESTION.get(trigger.kind, trigger.kind)
        return kind, beginning, word if trigger.kind in ("exception", "instance") else ""

    def _beginning(self, trigger: Trigger, generated: str) -> str:
        """The text up to where the question is asked.

        Names are asked for once a line: what generated text adds to them within the line is known here. What
        a module offers is asked once a statement, and what a call takes once, behind its bracket.
        """
        if trigger.kind in ("import", "list"):
            text = self._document.before + generated[: trigger.start]
            return text[: list_begin(text)]
        if trigger.kind == "name":
            return self._document.before + self._line_beginning(trigger.start, generated)
        if trigger.place is not None:
            inside = trigger.place.inside
            return (self._document.before + generated)[: len(self._document.before) + inside]
        return self._document.before + generated[: trigger.start]

    def _line_beginning(self, start: int, generated: str) -> str:
        """The text up to the first word of the line of ``start``; its indentation says in which scope it is.
        On a line that was begun before the cursor, that is known at the cursor.
        """
        line = generated.rfind("\n", 0, start) + 1
        begun = self._document.before[self._document.before.rfind("\n") + 1 :]
        if line == 0 and begun.strip():
            return self._required
        return generated[: len(generated) - len(generated[line:].lstrip(" \t"))]
