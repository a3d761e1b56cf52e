"""The interface of a monitor: where it fires, what it asks static analysis, and what the answer allows.

To add one, write a file like its neighbours and name the monitor in `registry`. Method: monitor-guided
decoding (Agrawal et al., NeurIPS 2023, section 3); the paper calls the three parts pre-condition, maskgen and
update.

Invariant: a list that analysis does not promise to be complete constrains nothing, because a right answer
must never be refused.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from holesmith.analysis.answers import (
    Call,
    Expected,
    ImportableNames,
    MatchCases,
    Members,
    NameKinds,
    ScopeNames,
)
from holesmith.analysis.questions import (
    CallQuestion,
    ExpectedTypeQuestion,
    ImportableNamesQuestion,
    MatchCaseQuestion,
    MembersQuestion,
    NameKindsQuestion,
    ScopeQuestion,
    Source,
)
from holesmith.completion.monitor_report import TriggerKind
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.local_names import LocalNames, Words
from holesmith.completion.monitors.statement import NewCharacter, Statement, Trigger, is_whole, word_at
from holesmith.engine.request import Constraint

AnyQuestion = (
    MembersQuestion
    | ScopeQuestion
    | ImportableNamesQuestion
    | CallQuestion
    | ExpectedTypeQuestion
    | NameKindsQuestion
    | MatchCaseQuestion
)
AnyAnswer = Members | ScopeNames | ImportableNames | Call | Expected | NameKinds | MatchCases

Settled = Literal["yes", "wait", "ask"]
"""The document's verdict on the text at a trigger. "yes": the document shows that it is right, so nothing is
asked. "ask": only analysis can tell. "wait": more text is needed for a verdict.
"""

PENALTY = 5.0
"""Logits taken from text that is likely wrong, but may be right for a reason that was not asked about: an
unknown keyword may become an argument, a class that looks abstract may be completed elsewhere, a pattern may
stand for something that is no member, a module may be generated. A guess.
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """The names and texts that may stand at a trigger.

    Unless ``is_exclusive``, text that begins no identifier may stand there too. ``penalty``, in logits, is
    for everything else; None forbids everything else.
    """

    names: frozenset[str]
    texts: tuple[str, ...] = ()
    is_exclusive: bool = True
    penalty: float | None = None

    def constraint(self, more: Iterable[str] = ()) -> Constraint:
        """Return the constraint for the engine, with ``more`` names."""
        names = sorted(self.names.union(more))
        return Constraint(
            tuple(name.encode() for name in names),
            tuple(text.encode() for text in self.texts),
            is_exclusive=self.is_exclusive,
            penalty=self.penalty,
        )


class Monitor(ABC):
    """One kind of place in generated text about which static analysis is asked. A monitor has no state."""

    kind: ClassVar[TriggerKind]

    shares_questions_of: ClassVar[TriggerKind | None] = None
    """The kind of monitor whose question at the same place is the same question; None if there is none."""
    asks_ahead: ClassVar[bool] = False
    """True: ask about the text before the cursor while the prompt is being read."""
    asks_about_word: ClassVar[bool] = False
    """True: the question depends on the word that the model wrote at the trigger."""
    takes_word_back: ClassVar[bool] = False
    """True: a refused word is taken back as a whole, because its beginning could have been right."""
    expects_identifier: ClassVar[bool] = False
    """True: text that begins no identifier has left the monitor's place and is not judged."""
    avoids_special_names: ClassVar[bool] = False
    """True: names such as ``__getstate__`` are no replacement for a refused name such as ``_cache``."""
    judges_begun_word: ClassVar[bool] = False
    """True: text is withheld if no allowed name begins with the word begun before the cursor."""
    trusts_document: ClassVar[bool] = False
    """True: names that the document or earlier generated text has around the trigger are allowed, too."""

    @abstractmethod
    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """Yield the triggers that a new character of the generated text adds."""

    def settled(
        self,
        trigger: Trigger,
        statement: str,
        generated: str,
        names: LocalNames,
    ) -> Settled:
        """Return the document's verdict on the text at a trigger.

        ``statement`` is the statement's text before the generated text. The verdict depends on text alone,
        never on the time of a question or an answer.
        """
        return "ask"

    def asked_text(self, trigger: Trigger, document: Document, healed_prefix: str, generated: str) -> str:
        """Return the document up to the offset of the question; the answer holds for exactly this text.

        ``healed_prefix`` is the text with which the generated text must begin.
        """
        return document.before + generated[: trigger.start]

    @abstractmethod
    def question(self, source: Source, offset: int, word: str) -> AnyQuestion:
        """Return the question at ``offset`` of ``source``. ``word`` is the name that
        the model wrote there.
        """

    @abstractmethod
    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """Return the names and texts that may stand at the trigger; None if the answer does not tell for
        certain.
        """

    def preferred(
        self, trigger: Trigger, answer: AnyAnswer, generated: str, names: LocalNames
    ) -> tuple[Choices, ...]:
        """Return the preferences among the allowed texts, the strongest last."""
        return ()

    def approves(self, trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
        """True if an answer gives no choices because the text is right."""
        return False

    def is_missing(self, answer: AnyAnswer, word: str) -> bool:
        """True if ``word`` is a name that the file uses and does not bind."""
        return False

    def replacement(
        self, trigger: Trigger, choices: Choices, generated: str, refused: frozenset[str]
    ) -> tuple[int, Choices]:
        """Return the offset from which a refused word is replaced, and the choices for the text from there
        on.

        ``refused`` are the words refused there so far.
        """
        texts = tuple(text for text in choices.texts if text.rstrip(".([") not in refused)
        return trigger.start, replace(choices, names=choices.names - refused, texts=texts)

    def completing_text(self, statement: str, after: str) -> str:
        """Return the text behind the hole that completes a trigger at the end of generated text; "" if none
        does.
        """
        return ""


def settled_by_word(start: int, generated: str, known: Words) -> Settled:
    """Return the verdict on the word at ``start``: "yes" if it is one of the known words."""
    word = word_at(generated, start)
    if is_whole(generated, start) and word:
        return "yes" if word in known else "ask"
    return "wait" if known.has_beginning(word) else "ask"
