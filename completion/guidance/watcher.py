"""Watch generated text with the monitors: ask analysis while decoding goes on, and find refused text.

The watcher knows no kind of monitor; the differences between monitors are in `completion.monitors`. When the
model has written `user.age` the member monitor has fired behind the dot and its question is on its way; if
the answer lacks ``age``, `rollback` returns the correction.

Invariants: the verdict on a text does not depend on the time of the answers, nor on how the text was cut into
tokens; a trigger without a complete answer in time refuses nothing; a constraint that still did not hold is
not imposed without end, so decoding always ends.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from holesmith.analysis.client import Analyst, Reply
from holesmith.completion.guidance.corrections import Rollback, rollback, without_special_names
from holesmith.completion.guidance.generated_text import GeneratedText
from holesmith.completion.guidance.question_cache import PendingReply, QuestionCache
from holesmith.completion.monitor_report import Fired, MonitorReport, Outcome, Refusal, TriggerKind
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.local_names import LocalNames
from holesmith.completion.monitors.monitor import Choices, Monitor
from holesmith.completion.monitors.registry import MONITOR_OF, MONITORS, triggers_in
from holesmith.completion.monitors.statement import Statement, Trigger, statement_before, word_at
from holesmith.engine.constraints.constraint import IDENTIFIER_START, End, State, machine_of
from holesmith.engine.request import Constraint

REFUSALS_MAX = 24
"""Refusals in one completion. After so many the model is left alone: it means something that analysis does
not see. A guess.
"""

WHOLE_REFUSALS_MAX = 3
"""The number of times that another word is demanded in place of one that was refused as a whole. A guess."""

_TOLD_BY_TEXT: frozenset[Outcome] = frozenset(("allowed", "bound", "left"))
"""Outcomes that rest on text, which may be thrown away later."""

_WORD = re.compile(r"\w+")
_SHOWN = re.compile(r"""\w+|[(),]|(["'])[^\n]*?(?:\1|$)""", re.MULTILINE)

_Place = tuple[TriggerKind, str]


@dataclass(slots=True)
class _TriggerState:
    """The state of one trigger.

    ``reply`` is None before anything is asked. ``asked`` is the number of tokens at the time of the question.
    """

    trigger: Trigger
    reply: PendingReply | None = None
    asked: int = 0
    outcome: Outcome = "open"
    reason: str = ""

    @property
    def monitor(self) -> Monitor:
        return MONITOR_OF[self.trigger.kind]

    @property
    def awaited(self) -> PendingReply | None:
        """The reply that the trigger waits for; None if it waits for none."""
        if self.outcome != "open" or self.reply is None or self.reply.done():
            return None
        return self.reply


@dataclass(frozen=True, slots=True)
class _Written:
    """The generated text when it had ``count`` tokens."""

    text: str
    count: int


class Watcher:
    """The monitors' watch over one completion. It belongs to one event loop; ``close`` cancels open
    questions.
    """

    def __init__(
        self, document: Document, healed_prefix: str, analyst: Analyst, answer_ms_max: float = 400.0
    ) -> None:
        """``healed_prefix`` is the text with which the generated text will begin: its questions are asked at
        once.

        ``answer_ms_max`` is the time after a question within which an answer still counts.
        """
        self._questions = QuestionCache(document, healed_prefix, analyst, answer_ms_max)
        self._names = LocalNames(document)
        self._statement: Statement = statement_before(document)
        self._generated = GeneratedText()
        self._judged = 0
        self._awaited: PendingReply | None = None
        self._states: list[_TriggerState] = []
        self._imposed: Counter[_Place] = Counter()
        self._refused_words: dict[_Place, set[str]] = {}
        self._refusals: list[tuple[Refusal, str]] = []
        self._healed_prefix = healed_prefix
        self._objection = ""
        self._ask_ahead(healed_prefix)

    def add(self, token: bytes) -> None:
        """Record a generated token, and ask the questions of its triggers."""
        known = len(self._generated.text)
        self._generated.add(token)
        triggers = triggers_in(self._statement, self._generated.text, known)
        self._states += [_TriggerState(trigger) for trigger in triggers]
        for state in self._states:
            if state.reply is None and state.outcome == "open":
                self._ask(state)

    def end(self) -> None:
        """Record that the model has ended its text: the document's text behind the hole comes next."""
        statement = self._statement.text + self._generated.text
        for monitor in MONITORS:
            text = monitor.completing_text(statement, self._names.after)
            if text:
                self.add(text.encode())
                return

    def unanswered(self) -> set[PendingReply]:
        """Return the pending replies about the present text."""
        return {reply for state in self._states if (reply := state.awaited) is not None}

    def outstanding(self) -> set[PendingReply]:
        """Return the pending replies that could still change the text if it does not grow."""
        waiting = {
            reply
            for state in self._states
            if (reply := state.awaited) is not None
            and self._statement.is_used(self._generated.text, state.trigger) is True
        }
        return waiting if self._awaited is None else {*waiting, self._awaited}

    def rollback(self) -> Rollback | None:
        """Take back the first text that analysis refuses, by the answers so far; None if there is none.

        The text is judged token by token, each as if no more had been written, and none before the tokens in
        front of it: an answer that comes early must not refuse text which an earlier answer would have
        prevented.
        """
        self._awaited = None
        for count in range(max(self._judged, 1), len(self._generated.tokens) + 1):
            correction = self._first_rollback(_Written(self._generated.text_of(count), count))
            if correction is not None:
                self._rewind(correction.tokens_kept)
                return correction
            if self._awaited is not None:
                return None
            self._judged = count
        return None

    def report(self, waited_ms: float) -> MonitorReport:
        """Return the record of the monitors' work.

        ``waited_ms`` is the time that the finished text was held back for answers.
        """
        fired = tuple(self._fired(state) for state in self._states)
        refusals = tuple(
            replace(refusal, instead=self._shown_behind(before)) for refusal, before in self._refusals
        )
        return MonitorReport(fired, refusals, waited_ms, self._questions.count, self._objection)

    def close(self) -> None:
        """Cancel the open questions."""
        self._questions.close()

    def _ask_ahead(self, healed_prefix: str) -> None:
        """Ask the questions of the text before the cursor while the prompt is still being read."""
        begun = triggers_in(self._statement, healed_prefix, 0)
        following = triggers_in(self._statement, healed_prefix + "x", len(healed_prefix))
        for trigger in (*begun, *following):
            if MONITOR_OF[trigger.kind].asks_ahead:
                self._questions.prefetch(trigger, healed_prefix)

    def _ask(self, state: _TriggerState) -> None:
        """Ask a trigger's question, unless the document settles it or it is too early to tell."""
        trigger, text = state.trigger, self._generated.text
        word = word_at(text, trigger.start)
        state.asked = len(self._generated.tokens)
        state.reply = self._questions.prefetched(trigger, text, word)
        if state.reply is not None:
            return
        settled = state.monitor.settled(trigger, self._statement.text, text, self._names)
        if settled == "ask":
            state.reply = self._questions.ask(trigger, text, word)
        elif settled == "yes":
            state.outcome, state.reason = "allowed", "the document shows it"

    def _first_rollback(self, written: _Written) -> Rollback | None:
        for state in self._states:
            if state.outcome != "open" or state.reply is None or state.asked > written.count:
                continue
            if not state.reply.done():
                if self._statement.is_used(written.text, state.trigger) is True:
                    self._awaited = state.reply
                    return None
                continue
            correction = self._judge(state, state.reply.result(), written)
            if correction is not None:
                return correction
        return None

    def _judge(self, state: _TriggerState, reply: Reply[Any], written: _Written) -> Rollback | None:
        trigger, monitor, answer = state.trigger, state.monitor, reply.answer
        word = word_at(written.text, trigger.start)
        allowed: Choices | None = None
        preferred: tuple[Choices, ...] = ()
        if answer is not None:
            allowed = monitor.choices(trigger, answer, word)
            preferred = monitor.preferred(trigger, answer, self._generated.text, self._names)
        if allowed is None and not preferred:
            state.outcome = "late" if answer is None and reply.reason == "late" else "unknown"
            if answer is not None and monitor.approves(trigger, answer, word):
                state.outcome = "allowed"
            state.reason = reply.reason or getattr(answer, "reason", "")
            return None
        all_choices = preferred if allowed is None else (*preferred, allowed)
        for number, choices in enumerate(all_choices, 1):
            refused = self._refused_by(state, choices, written)
            if refused is not None:
                also = tuple(self._constraint(state, other) for other in all_choices[number:])
                return self._refuse(state, *refused, also)
        return None

    def _refused_by(
        self, state: _TriggerState, choices: Choices, written: _Written
    ) -> tuple[Choices, Constraint, int] | None:
        """Return the choices and the constraint that refuse the text, and the index of the token that breaks
        it.

        None if the text is not refused.
        """
        constraint = self._constraint(state, choices)
        tokens_kept = self._refused_token(state, constraint, written)
        if tokens_kept is not None and state.monitor.trusts_document:
            # In half-written code, analysis may lose sight of names that are bound around the cursor.
            choices = replace(choices, names=choices.names | self._names.around)
            constraint = self._constraint(state, choices)
            tokens_kept = self._refused_token(state, constraint, written)
        return None if tokens_kept is None else (choices, constraint, tokens_kept)

    def _constraint(self, state: _TriggerState, choices: Choices) -> Constraint:
        """Return the constraint of some choices, with the words of earlier generated text.

        A word of earlier text may be used: it was judged itself, or bound there.
        """
        mentioned = self._generated.text[: state.trigger.start] if state.monitor.trusts_document else ""
        return choices.constraint(_WORD.findall(mentioned))

    def _refused_token(self, state: _TriggerState, constraint: Constraint, written: _Written) -> int | None:
        """Return the index of the token that breaks the constraint; None if none does, or if it is too early
        to tell.
        """
        start = self._generated.byte_offset(state.trigger.start)
        tokens = self._generated.tokens[: written.count]
        beginning = b"".join(tokens)[start : start + 1]
        if not beginning:
            return None
        if state.monitor.expects_identifier and beginning[0] not in IDENTIFIER_START:
            state.outcome = "left"
            return None
        machine = machine_of(constraint)
        at: State = machine.start
        stop = 0
        for index, token in enumerate(tokens):
            begin, stop = stop, stop + len(token)
            at = machine.advance(at, token[max(start - begin, 0) :])
            if at is End.FREE:
                state.outcome = "allowed"
                return None
            if at is End.REFUSED:
                return index if self._is_meant(state, written) else None
        return None

    def _is_meant(self, state: _TriggerState, written: _Written) -> bool:
        is_used = self._statement.is_used(written.text, state.trigger)
        if is_used is False:
            state.outcome = "bound"
        return is_used is True

    def _refuse(
        self,
        state: _TriggerState,
        choices: Choices,
        constraint: Constraint,
        tokens_kept: int,
        also: tuple[Constraint, ...],
    ) -> Rollback | None:
        """Return the correction of a refused text; None if it is left alone.

        ``also`` are the weaker constraints at the same place.
        """
        trigger, monitor, generated = state.trigger, state.monitor, self._generated
        begun = word_at(self._healed_prefix, trigger.start) if monitor.judges_begun_word else ""
        if begun and not any(name.startswith(begun) for name in choices.names):
            self._objection = f"there is no {trigger.kind} that begins with {begun}"
            state.outcome, state.reason = "dropped", self._objection
            return None
        place = trigger.kind, generated.text[: trigger.start]
        imposed_max = WHOLE_REFUSALS_MAX if monitor.takes_word_back and choices.penalty is None else 1
        is_hopeless = self._imposed[place] >= imposed_max or not (constraint.names or constraint.texts)
        if is_hopeless or len(self._refusals) >= REFUSALS_MAX:
            state.outcome = "dropped"
            return None
        self._imposed[place] += 1
        start = trigger.start
        if monitor.takes_word_back:
            words = self._refused_words.setdefault(place, set())
            words.add(word_at(generated.text, start))
            start, instead = monitor.replacement(trigger, choices, generated.text, frozenset(words))
            constraint = instead.constraint()
            tokens_kept = generated.token_at(generated.byte_offset(start))
        elif monitor.avoids_special_names:
            first = generated.byte_offset(start)
            constraint, tokens_kept = without_special_names(generated, first, constraint, tokens_kept)
        refusal = self._refusal(trigger, constraint, tokens_kept)
        self._refusals.append((refusal, generated.text[:start]))
        return rollback(generated, generated.byte_offset(start), (constraint, *also), tokens_kept)

    def _refusal(self, trigger: Trigger, constraint: Constraint, tokens_kept: int) -> Refusal:
        rolled_back = len(self._generated.tokens) - tokens_kept
        choices = len(constraint.names) + len(constraint.texts)
        return Refusal(trigger.kind, self._shown(trigger), choices, rolled_back, constraint.penalty)

    def _rewind(self, tokens_kept: int) -> None:
        self._generated.rewind(tokens_kept)
        self._judged = min(self._judged, tokens_kept)
        text = self._generated.text
        self._states = [state for state in self._states if state.trigger.seen <= len(text)]
        for state in self._states:
            if state.asked > tokens_kept:  # asked or settled by a word that is gone
                state.reply, state.asked, state.outcome, state.reason = None, 0, "open", ""
            elif state.outcome in _TOLD_BY_TEXT:
                state.outcome, state.reason = "open", ""

    def _shown(self, trigger: Trigger) -> str:
        """Return the text at a trigger, for reports."""
        return self._shown_at(trigger.start)

    def _shown_behind(self, before: str) -> str:
        """Return the text behind ``before``; "" if the generated text begins differently by now."""
        return self._shown_at(len(before)) if self._generated.text.startswith(before) else ""

    def _shown_at(self, start: int) -> str:
        word = _SHOWN.match(self._generated.text, start)
        return word[0] if word else ""

    def _fired(self, state: _TriggerState) -> Fired:
        text = self._shown(state.trigger)
        is_answered = state.reply is not None and state.reply.done() and not state.reply.cancelled()
        reply = state.reply.result() if state.reply is not None and is_answered else Reply(None, "", 0.0)
        is_missing = reply.answer is not None and state.monitor.is_missing(reply.answer, text)
        return Fired(state.trigger.kind, text, state.outcome, state.reason, reply.elapsed_ms, is_missing)
