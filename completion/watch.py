"""Watches generated text with the monitors: asks analysis while decoding goes on, and finds what it refuses.

Invariants: the verdict on a text does not depend on when the answers came, nor on how the text was cut into
tokens; a trigger without a complete answer in time refuses nothing; what was once imposed and still did not
hold is never imposed again, so decoding always ends.
"""

import asyncio
import codecs
import re
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Any

from holesmith.analysis.client import Reply
from holesmith.analysis.questions import Source
from holesmith.completion.monitor_report import Fired, MonitorReport, Outcome, Refusal
from holesmith.completion.monitors import Analyst, Choices, choices_of, question_of
from holesmith.completion.triggers import Surroundings, Trigger, TriggerKind, surroundings_of, words_around
from holesmith.engine.constraint import IDENTIFIER_START, Constraint, End, State, machine_of, rest_after

REFUSALS_MAX = 24
"""After so many the model is left alone: it wants something that analysis does not see."""

_WORD = re.compile(r"\w+")
_SHOWN = re.compile(r"""\w+|(["'])[^\n]*?(?:\1|$)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """The document without the generated text: what stands left of it and what stands right of it."""

    path: str | None
    language: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Violation:
    """Keep ``tokens_kept`` tokens, and go on under ``constraint``."""

    tokens_kept: int
    constraint: Constraint


@dataclass(slots=True)
class _Guard:
    trigger: Trigger
    answer: "asyncio.Task[Reply[Any]]"
    outcome: Outcome = "open"
    reason: str = ""


Key = tuple[TriggerKind, str]


class Watch:
    """The monitors over one completion. Belongs to one event loop; ``close`` ends what is still asked."""

    def __init__(
        self, document: Document, required: str, analyst: Analyst, answer_ms_max: float = 400.0
    ) -> None:
        """``required`` is text that the generated text will begin with: its questions are asked at once.

        ``answer_ms_max`` is how long after a trigger an answer still counts.
        """
        self._answer_ms_max = answer_ms_max
        self._document = document
        self._required = required
        self._analyst = analyst
        self._surroundings: Surroundings = surroundings_of(document.language, document.before)
        self._spellings: list[bytes] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._guards: list[_Guard] = []
        self._answers: dict[Key, asyncio.Task[Reply[Any]]] = {}
        self._imposed: set[Key] = set()
        self._refusals: list[Refusal] = []
        self._foresee()

    def add(self, spelling: bytes) -> None:
        """Take note of a generated token, and ask what its triggers ask."""
        known = len(self._text)
        self._spellings.append(spelling)
        self._text += self._decoder.decode(spelling)
        for trigger in self._surroundings.triggers(self._text, known):
            self._guards.append(_Guard(trigger, self._answer(trigger)))

    def unanswered(self) -> "set[asyncio.Task[Reply[Any]]]":
        """What is asked about the text as it is, and not yet answered."""
        return {guard.answer for guard in self._guards if not guard.answer.done()}

    def violation(self) -> Violation | None:
        """The first text that analysis refuses, as far as the answers are there. Rolls the watch back."""
        for guard in self._guards:
            if guard.outcome == "open" and guard.answer.done():
                violation = self._judge(guard)
                if violation is not None:
                    self._rewind(violation.tokens_kept)
                    return violation
        return None

    def report(self, waited_ms: float) -> MonitorReport:
        fired = (self._fired(guard) for guard in self._guards)
        return MonitorReport(tuple(fired), tuple(self._refusals), waited_ms)

    def close(self) -> None:
        """Ask no more."""
        for answer in self._answers.values():
            answer.cancel()

    def _foresee(self) -> None:
        """Ask what the text before the cursor asks already, while the prompt is still being read."""
        for trigger in self._surroundings.triggers(self._required, 0):
            self._answer(trigger)
        following = self._surroundings.triggers(self._required + "x", len(self._required))
        for trigger in following:
            self._answer(trigger)
        if self._document.language == "python" and self._required.strip():
            self._answer(Trigger("name", 0, 0))

    def _answer(self, trigger: Trigger) -> "asyncio.Task[Reply[Any]]":
        """Names are asked for once a line: what generated text adds to them within the line is known here."""
        is_name = trigger.kind == "name"
        beginning = self._line_beginning(trigger.start) if is_name else self._beginning(trigger.start)
        key = trigger.kind, beginning
        if key not in self._answers:
            text = self._document.before + beginning
            source = Source(self._document.path, text + self._document.after)
            question = question_of(trigger.kind, source, len(text))
            self._answers[key] = asyncio.ensure_future(self._analyst.ask(question, self._answer_ms_max))
        return self._answers[key]

    def _beginning(self, start: int) -> str:
        return self._text[:start] if start <= len(self._text) else self._required[:start]

    def _line_beginning(self, start: int) -> str:
        """The text up to the first word of the line of ``start``; its indentation says in which scope it is.
        On a line that was begun before the cursor, that is known at the cursor.
        """
        text = self._text if start <= len(self._text) else self._required
        line = text.rfind("\n", 0, start) + 1
        begun = self._document.before[self._document.before.rfind("\n") + 1 :]
        if line == 0 and begun.strip():
            return self._required
        return text[: len(text) - len(text[line:].lstrip(" \t"))]

    def _judge(self, guard: _Guard) -> Violation | None:
        reply = guard.answer.result()
        choices = choices_of(reply.answer) if reply.answer is not None else None
        if choices is None:
            guard.outcome = "late" if reply.answer is None and reply.reason == "late" else "unknown"
            guard.reason = reply.reason or getattr(reply.answer, "reason", "")
            return None
        constraint = self._constraint(guard.trigger, choices)
        tokens_kept = self._refused_token(guard, constraint)
        if tokens_kept is not None and guard.trigger.kind == "name":
            # In code that is only half written, analysis may lose sight of what is bound around the cursor.
            choices = replace(choices, names=choices.names | self._words)
            constraint = self._constraint(guard.trigger, choices)
            tokens_kept = self._refused_token(guard, constraint)
        return None if tokens_kept is None else self._refuse(guard, constraint, tokens_kept)

    def _constraint(self, trigger: Trigger, choices: Choices) -> Constraint:
        """What earlier generated text mentions may be used: it was judged itself, or bound there."""
        more = _WORD.findall(self._text[: trigger.start]) if trigger.kind == "name" else ()
        return choices.constraint(more)

    @cached_property
    def _words(self) -> frozenset[str]:
        return words_around(self._document.language, self._document.before, self._document.after)

    def _refused_token(self, guard: _Guard, constraint: Constraint) -> int | None:
        """The token with which the text breaks the constraint; None if it does not, or cannot be told yet."""
        start = self._byte_offset(guard.trigger.start)
        written = b"".join(self._spellings)[start:]
        if not written:
            return None
        if guard.trigger.kind == "member" and written[0] not in IDENTIFIER_START:
            guard.outcome = "left"
            return None
        machine = machine_of(constraint)
        state: State = machine.start
        stop = 0
        for index, spelling in enumerate(self._spellings):
            begin, stop = stop, stop + len(spelling)
            state = machine.advance(state, spelling[max(start - begin, 0) :])
            if state is End.FREE:
                guard.outcome = "allowed"
                return None
            if state is End.REFUSED:
                return index if self._is_meant(guard) else None
        return None

    def _is_meant(self, guard: _Guard) -> bool:
        is_used = self._surroundings.is_used(self._text, guard.trigger)
        if is_used is False:
            guard.outcome = "bound"
        return is_used is True

    def _refuse(self, guard: _Guard, constraint: Constraint, tokens_kept: int) -> Violation | None:
        key = guard.trigger.kind, self._text[: guard.trigger.start]
        is_hopeless = key in self._imposed or not (constraint.names or constraint.texts)
        if is_hopeless or len(self._refusals) >= REFUSALS_MAX:
            guard.outcome = "dropped"
            return None
        self._imposed.add(key)
        self._refusals.append(self._refusal(guard, constraint, tokens_kept))
        start = self._byte_offset(guard.trigger.start)
        kept = len(b"".join(self._spellings[:tokens_kept]))
        written = b"".join(self._spellings)
        if kept <= start:
            return Violation(tokens_kept, replace(constraint, lead=written[kept:start]))
        return Violation(tokens_kept, rest_after(constraint, written[start:kept]))

    def _refusal(self, guard: _Guard, constraint: Constraint, tokens_kept: int) -> Refusal:
        word = _SHOWN.match(self._text, guard.trigger.start)
        rolled_back = len(self._spellings) - tokens_kept
        return Refusal(guard.trigger.kind, word[0] if word else "", len(constraint.names), rolled_back)

    def _rewind(self, tokens_kept: int) -> None:
        spellings = self._spellings[:tokens_kept]
        self._spellings, self._text = spellings, ""
        self._decoder.reset()
        for spelling in spellings:
            self._text += self._decoder.decode(spelling)
        self._guards = [guard for guard in self._guards if guard.trigger.seen <= len(self._text)]

    def _byte_offset(self, offset: int) -> int:
        return len(self._text[:offset].encode("utf-8", "surrogateescape"))

    def _fired(self, guard: _Guard) -> Fired:
        word = _SHOWN.match(self._text, guard.trigger.start)
        answer_ms = guard.answer.result().elapsed_ms if guard.answer.done() else 0.0
        return Fired(guard.trigger.kind, word[0] if word else "", guard.outcome, guard.reason, answer_ms)


def now_ms() -> float:
    return perf_counter() * 1000
