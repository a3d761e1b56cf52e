"""Watches generated text with the monitors: asks analysis while decoding goes on, and finds what it refuses.

Invariants: the verdict on a text does not depend on when the answers came, nor on how the text was cut into
tokens; a trigger without a complete answer in time refuses nothing; what was imposed and still did not hold
is not imposed without end, so decoding always ends.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace

from holesmith.analysis.answers import Importables
from holesmith.analysis.client import Reply
from holesmith.completion.guidance.question_cache import Answer, Document, Inquiry
from holesmith.completion.monitor_report import Fired, MonitorReport, Outcome, Refusal
from holesmith.completion.monitors.choices import Analyst, AnyAnswer, Choices
from holesmith.completion.monitors.demands import demanded, is_approved
from holesmith.completion.monitors.doubt import doubt_of, is_whole, word_at
from holesmith.completion.monitors.import_list import is_behind_name
from holesmith.completion.monitors.imports import going_on, line_width, names_wanted
from holesmith.completion.monitors.local_names import Nearby
from holesmith.completion.monitors.triggers import Surroundings, Trigger, TriggerKind, surroundings_of
from holesmith.engine.constraints.constraint import (
    IDENTIFIER_START,
    Constraint,
    End,
    State,
    machine_of,
    rest_after,
)

REFUSALS_MAX = 24
"""After so many the model is left alone: it wants something that analysis does not see."""

WHOLE_REFUSALS_MAX = 3
"""How often another word is demanded in the place of one that was refused as a whole."""

_WHOLE: frozenset[TriggerKind] = frozenset(("argument", "exception", "instance"))
"""Where the text is refused for a word that could have been the beginning of something right."""

_TOLD_BY_TEXT: frozenset[Outcome] = frozenset(("allowed", "bound", "left"))
"""Outcomes that rest on text that may have been thrown away."""

_WORD = re.compile(r"\w+")
_SHOWN = re.compile(r"""\w+|[(),]|(["'])[^\n]*?(?:\1|$)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Violation:
    """Keep ``tokens_kept`` tokens, and go on under ``constraints``."""

    tokens_kept: int
    constraints: tuple[Constraint, ...]


@dataclass(slots=True)
class _Guard:
    """``answer`` is None before anything is asked, which happened when there were ``asked`` tokens."""

    trigger: Trigger
    answer: Answer | None = None
    asked: int = 0
    outcome: Outcome = "open"
    reason: str = ""


def _pending(guard: _Guard) -> Answer | None:
    """The answer that a guard waits for."""
    if guard.outcome != "open" or guard.answer is None or guard.answer.done():
        return None
    return guard.answer


_Place = tuple[TriggerKind, str]


@dataclass(frozen=True, slots=True)
class _Written:
    """The generated text as it was when there were ``count`` tokens of it."""

    text: str
    count: int


class Watch:
    """The monitors over one completion. Belongs to one event loop; ``close`` ends what is still asked."""

    def __init__(
        self, document: Document, required: str, analyst: Analyst, answer_ms_max: float = 400.0
    ) -> None:
        """``required`` is text that the generated text will begin with: its questions are asked at once.

        ``answer_ms_max`` is how long after a question an answer still counts.
        """
        self._inquiry = Inquiry(document, required, analyst, answer_ms_max)
        self._nearby = Nearby(document.before, document.after)
        self._surroundings: Surroundings = surroundings_of(document.language, document.before)
        self._spellings: list[bytes] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._lengths: list[int] = []  # of the text, after each token
        self._judged = 0
        self._awaited: Answer | None = None
        self._guards: list[_Guard] = []
        self._imposed: Counter[_Place] = Counter()
        self._refused_words: dict[_Place, set[str]] = {}
        self._refusals: list[Refusal] = []
        self._foresee(required)

    def add(self, spelling: bytes) -> None:
        """Take note of a generated token, and ask what its triggers ask."""
        known = len(self._text)
        self._spellings.append(spelling)
        self._text += self._decoder.decode(spelling)
        self._lengths.append(len(self._text))
        triggers = self._surroundings.triggers(self._text, known)
        self._guards += [_Guard(trigger) for trigger in triggers]
        for guard in self._guards:
            if guard.answer is None and guard.outcome == "open":
                self._pursue(guard)

    def end(self) -> None:
        """Take note that the model wants to write no more: then what the document goes on with comes next."""
        statement, after = self._surroundings.statement + self._text, self._nearby.after
        if statement.rstrip().endswith("(") and after.lstrip().startswith(")"):
            self.add(b")")
        elif is_behind_name(statement) and after.startswith(("\n", "\r")):
            self.add(b"\n")

    def unanswered(self) -> set[Answer]:
        """What is asked about the text as it is, and not yet answered."""
        return {answer for guard in self._guards if (answer := _pending(guard)) is not None}

    def outstanding(self) -> set[Answer]:
        """What of it could still change the text, if it is not to grow."""
        waiting = {
            answer
            for guard in self._guards
            if (answer := _pending(guard)) is not None
            and self._surroundings.is_used(self._text, guard.trigger) is True
        }
        return waiting if self._awaited is None else {*waiting, self._awaited}

    def violation(self) -> Violation | None:
        """The first text that analysis refuses, as far as the answers are there. Rolls the watch back.

        Token after token is judged as if no more had been written, and none before those that precede it: an
        answer that comes early must not refuse text which an earlier answer would have prevented.
        """
        self._awaited = None
        for count in range(max(self._judged, 1), len(self._spellings) + 1):
            written = _Written(self._text[: self._lengths[count - 1]], count)
            violation = self._first_violation(written)
            if violation is not None:
                self._rewind(violation.tokens_kept)
                return violation
            if self._awaited is not None:
                return None
            self._judged = count
        return None

    def _first_violation(self, written: _Written) -> Violation | None:
        for guard in self._guards:
            if guard.outcome != "open" or guard.answer is None or guard.asked > written.count:
                continue
            if not guard.answer.done():
                if self._surroundings.is_used(written.text, guard.trigger) is True:
                    self._awaited = guard.answer
                    return None
                continue
            violation = self._judge(guard, guard.answer, written)
            if violation is not None:
                return violation
        return None

    def report(self, waited_ms: float) -> MonitorReport:
        fired = tuple(self._fired(guard) for guard in self._guards)
        return MonitorReport(fired, tuple(self._refusals), waited_ms, self._inquiry.count)

    def close(self) -> None:
        """Ask no more."""
        self._inquiry.close()

    def _foresee(self, required: str) -> None:
        """Ask what the text before the cursor asks already, while the prompt is still being read."""
        begun = self._surroundings.triggers(required, 0)
        for trigger in begun:
            if trigger.kind in ("member", "import"):
                self._inquiry.foresee(trigger, required)
        for trigger in self._surroundings.triggers(required + "x", len(required)):
            if trigger.kind in ("member", "import", "pattern"):
                self._inquiry.foresee(trigger, required)

    def _pursue(self, guard: _Guard) -> None:
        """Ask a guard's question, unless the document settles it or it is too early to tell."""
        trigger, text = guard.trigger, self._text
        word = word_at(text, trigger.start)
        if trigger.kind == "exception" and not is_whole(text, trigger.start):
            return
        guard.asked = len(self._spellings)
        guard.answer = self._inquiry.foreseen(trigger, text, word)
        if guard.answer is None:
            doubt = doubt_of(trigger, self._surroundings.statement, text, self._nearby)
            if doubt == "now":
                guard.answer = self._inquiry.ask(trigger, text, word)
            elif doubt == "none":
                guard.outcome, guard.reason = "allowed", "the document shows it"

    def _judge(self, guard: _Guard, answer: Answer, written: _Written) -> Violation | None:
        reply = answer.result()
        word = word_at(written.text, guard.trigger.start)
        choices = demanded(guard.trigger, reply.answer, word) if reply.answer is not None else None
        wanted = self._wanted(guard.trigger, reply.answer)
        if choices is None and not wanted:
            guard.outcome = "late" if reply.answer is None and reply.reason == "late" else "unknown"
            if reply.answer is not None and is_approved(guard.trigger, reply.answer, word):
                guard.outcome = "allowed"
            guard.reason = reply.reason or getattr(reply.answer, "reason", "")
            return None
        demands = wanted if choices is None else (*wanted, choices)
        for order, demand in enumerate(demands):
            found = self._refused_by(guard, demand, written)
            if found is not None:
                also = tuple(self._constraint(guard.trigger, each) for each in demands[order + 1 :])
                return self._refuse(guard, *found, also)
        return None

    def _refused_by(
        self, guard: _Guard, choices: Choices, written: _Written
    ) -> tuple[Choices, Constraint, int] | None:
        """What refuses, and the token with which the text breaks it."""
        constraint = self._constraint(guard.trigger, choices)
        tokens_kept = self._refused_token(guard, constraint, written)
        if tokens_kept is not None and guard.trigger.kind == "name":
            # In code that is only half written, analysis may lose sight of what is bound around the cursor.
            choices = replace(choices, names=choices.names | self._nearby.around)
            constraint = self._constraint(guard.trigger, choices)
            tokens_kept = self._refused_token(guard, constraint, written)
        return None if tokens_kept is None else (choices, constraint, tokens_kept)

    def _wanted(self, trigger: Trigger, answer: AnyAnswer | None) -> tuple[Choices, ...]:
        """What is preferred among what is allowed."""
        if not isinstance(answer, Importables):
            return ()
        after = self._nearby.after
        listed = self._inquiry.listed(trigger, self._text)
        room = line_width(self._nearby.before + after) - self._inquiry.column(trigger, self._text)
        if trigger.kind == "import":
            return names_wanted(answer, listed, room)
        return going_on(answer, listed, room) if after[:1] in ("", "\r", "\n") else ()

    def _constraint(self, trigger: Trigger, choices: Choices) -> Constraint:
        """What earlier generated text mentions may be used: it was judged itself, or bound there."""
        more = _WORD.findall(self._text[: trigger.start]) if trigger.kind == "name" else ()
        return choices.constraint(more)

    def _refused_token(self, guard: _Guard, constraint: Constraint, written: _Written) -> int | None:
        """The token with which the text breaks the constraint; None if it does not, or cannot be told yet."""
        start = self._byte_offset(guard.trigger.start)
        spellings = self._spellings[: written.count]
        beginning = b"".join(spellings)[start : start + 1]
        if not beginning:
            return None
        if guard.trigger.kind == "member" and beginning[0] not in IDENTIFIER_START:
            guard.outcome = "left"
            return None
        machine = machine_of(constraint)
        state: State = machine.start
        stop = 0
        for index, spelling in enumerate(spellings):
            begin, stop = stop, stop + len(spelling)
            state = machine.advance(state, spelling[max(start - begin, 0) :])
            if state is End.FREE:
                guard.outcome = "allowed"
                return None
            if state is End.REFUSED:
                return index if self._is_meant(guard, written) else None
        return None

    def _is_meant(self, guard: _Guard, written: _Written) -> bool:
        is_used = self._surroundings.is_used(written.text, guard.trigger)
        if is_used is False:
            guard.outcome = "bound"
        return is_used is True

    def _refuse(
        self,
        guard: _Guard,
        choices: Choices,
        constraint: Constraint,
        tokens_kept: int,
        also: tuple[Constraint, ...],
    ) -> Violation | None:
        """``also`` is what holds there besides."""
        trigger = guard.trigger
        place = trigger.kind, self._text[: trigger.start]
        imposed_max = WHOLE_REFUSALS_MAX if trigger.kind in _WHOLE and choices.penalty is None else 1
        is_hopeless = self._imposed[place] >= imposed_max or not (constraint.names or constraint.texts)
        if is_hopeless or len(self._refusals) >= REFUSALS_MAX:
            guard.outcome = "dropped"
            return None
        self._imposed[place] += 1
        start = trigger.start
        if trigger.kind in _WHOLE:
            start, constraint = self._instead(trigger, place, choices)
            tokens_kept = self._token_at(self._byte_offset(start))
        elif trigger.kind in ("member", "name"):
            constraint, tokens_kept = self._without_special_names(start, constraint, tokens_kept)
        self._refusals.append(self._refusal(guard, constraint, tokens_kept))
        return self._going_back(self._byte_offset(start), (constraint, *also), tokens_kept)

    def _without_special_names(
        self, start: int, constraint: Constraint, tokens_kept: int
    ) -> tuple[Constraint, int]:
        """Where ``_cache`` is refused and what stays of it is ``_``, with which only names such as
        ``__getstate__`` begin: none of those was meant, and the name begins anew.
        """
        at = self._byte_offset(start)
        kept = b"".join(self._spellings[:tokens_kept])[at:]
        refused = b"".join(self._spellings[: tokens_kept + 1])[at:]
        others = tuple(name for name in constraint.names if not name.startswith(b"__"))
        is_special = kept == b"_" and not refused.startswith(b"__")
        if not (is_special and others) or any(name.startswith(kept) for name in others):
            return constraint, tokens_kept
        return replace(constraint, names=others), self._token_at(at)

    def _instead(self, trigger: Trigger, place: _Place, choices: Choices) -> tuple[int, Constraint]:
        """What is demanded in the place of a refused word, and from where on.

        Where a call is full, the comma before the argument was the mistake, if it was generated.
        """
        if trigger.place is not None:
            comma = trigger.place.comma
            if comma is None or comma < 0:
                return trigger.start, choices.constraint()
            blank = self._text[comma : trigger.start]
            texts = (")", *(f"{blank}{text}" for text in choices.texts if text.endswith("=")))
            return comma, replace(choices, texts=texts).constraint()
        words = self._refused_words.setdefault(place, set())
        words.add(word_at(self._text, trigger.start))
        texts = tuple(text for text in choices.texts if text.rstrip(".([") not in words)
        return trigger.start, replace(choices, names=choices.names - words, texts=texts).constraint()

    def _going_back(self, start: int, constraints: tuple[Constraint, ...], tokens_kept: int) -> Violation:
        """``start`` is where the constrained bytes begin, perhaps inside the first token thrown away."""
        kept = len(b"".join(self._spellings[:tokens_kept]))
        written = b"".join(self._spellings)
        if kept <= start:
            lead = written[kept:start]
            return Violation(tokens_kept, tuple(replace(each, lead=lead) for each in constraints))
        begun = written[start:kept]
        return Violation(tokens_kept, tuple(rest_after(each, begun) for each in constraints))

    def _token_at(self, offset: int) -> int:
        """The token that holds the byte at ``offset``."""
        stop = 0
        for index, spelling in enumerate(self._spellings):
            stop += len(spelling)
            if stop > offset:
                return index
        return len(self._spellings)

    def _refusal(self, guard: _Guard, constraint: Constraint, tokens_kept: int) -> Refusal:
        word = _SHOWN.match(self._text, guard.trigger.start)
        rolled_back = len(self._spellings) - tokens_kept
        choices = len(constraint.names) + len(constraint.texts)
        shown = word[0] if word else ""
        return Refusal(guard.trigger.kind, shown, choices, rolled_back, constraint.penalty)

    def _rewind(self, tokens_kept: int) -> None:
        spellings = self._spellings[:tokens_kept]
        self._spellings, self._text = spellings, ""
        self._decoder.reset()
        for spelling in spellings:
            self._text += self._decoder.decode(spelling)
        del self._lengths[tokens_kept:]
        self._judged = min(self._judged, tokens_kept)
        self._guards = [guard for guard in self._guards if guard.trigger.seen <= len(self._text)]
        for guard in self._guards:
            if guard.asked > tokens_kept:  # about a word that was thrown away, or settled by it
                guard.answer, guard.asked, guard.outcome, guard.reason = None, 0, "open", ""
            elif guard.outcome in _TOLD_BY_TEXT:
                guard.outcome, guard.reason = "open", ""

    def _byte_offset(self, offset: int) -> int:
        return len(self._text[:offset].encode("utf-8", "surrogateescape"))

    def _fired(self, guard: _Guard) -> Fired:
        word = _SHOWN.match(self._text, guard.trigger.start)
        text = word[0] if word else ""
        is_answered = guard.answer is not None and guard.answer.done() and not guard.answer.cancelled()
        reply = guard.answer.result() if guard.answer is not None and is_answered else Reply(None, "", 0.0)
        is_missing = isinstance(reply.answer, Importables) and text in reply.answer.missing
        return Fired(guard.trigger.kind, text, guard.outcome, guard.reason, reply.elapsed_ms, is_missing)
