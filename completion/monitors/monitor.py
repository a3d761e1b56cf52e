"""What a monitor is: where it fires, what it asks of static analysis, and what the answer allows.

To add one, write a file like its neighbours and name the monitor in `registry`. Method: monitor-guided
decoding (Agrawal et al., NeurIPS 2023, section 3), where they are called pre-condition, maskgen and update.

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
"""Whether the document itself shows that the text at a trigger is right: "yes", then nothing is asked. "ask":
only analysis can tell. "wait": more text has to come before that can be told."""

PENALTY = 5.0
"""Logits taken from text that is likely wrong, but may be right for a reason that was not asked about: an
unknown keyword may become an argument, a class that looks abstract may be made whole elsewhere, a pattern may
stand for something that is no member, a module may be generated. A guess."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What may stand at a trigger: names, or texts.

    Unless ``is_exclusive``, text that begins no identifier may stand there too. ``penalty``, in logits, is
    for everything else; None forbids everything else.
    """

    names: frozenset[str]
    texts: tuple[str, ...] = ()
    is_exclusive: bool = True
    penalty: float | None = None

    def constraint(self, more: Iterable[str] = ()) -> Constraint:
        """The constraint for the engine, with ``more`` names."""
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
    """The kind of monitor whose question at the same place is the same question."""
    asks_ahead: ClassVar[bool] = False
    """Whether to ask about the text before the cursor while the prompt is being read."""
    asks_about_word: ClassVar[bool] = False
    """Whether the question depends on the word that the model wrote at the trigger."""
    takes_word_back: ClassVar[bool] = False
    """Whether a refused word is taken back as a whole, because its beginning could have been right."""
    expects_identifier: ClassVar[bool] = False
    """Whether text that begins no identifier has left the monitor's place and is not judged."""
    avoids_special_names: ClassVar[bool] = False
    """Whether names such as ``__getstate__`` are no replacement for a refused name such as ``_cache``."""
    judges_begun_word: ClassVar[bool] = False
    """Whether text is withheld if nothing that is allowed begins with the word begun before the cursor."""
    trusts_document: ClassVar[bool] = False
    """Whether names that the document or earlier generated text has around the trigger are allowed, too."""

    @abstractmethod
    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """The triggers that a new character of the generated text makes known."""

    def settled(
        self,
        trigger: Trigger,
        statement: str,
        generated: str,
        names: LocalNames,
    ) -> Settled:
        """Whether the document settles a trigger. ``statement`` is the statement's text before the generated.

        The result depends on text alone, never on when something was asked or answered.
        """
        return "ask"

    def asked_text(self, trigger: Trigger, document: Document, healed_prefix: str, generated: str) -> str:
        """The document up to where the question is asked, for which the answer holds.

        ``healed_prefix`` is what the generated text is demanded to begin with.
        """
        return document.before + generated[: trigger.start]

    @abstractmethod
    def question(self, source: Source, offset: int, word: str) -> AnyQuestion:
        """What to ask at ``offset`` of ``source``. ``word`` is the name that the model wrote there."""

    @abstractmethod
    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """What may stand at the trigger; None if the answer does not tell for certain."""

    def preferred(
        self, trigger: Trigger, answer: AnyAnswer, generated: str, names: LocalNames
    ) -> tuple[Choices, ...]:
        """What is preferred among what is allowed, the strongest preference last."""
        return ()

    def approves(self, trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
        """Whether an answer that gives no choices gives none because the text is right."""
        return False

    def is_missing(self, answer: AnyAnswer, word: str) -> bool:
        """Whether ``word`` is a name that the file uses and does not bind."""
        return False

    def replacement(
        self, trigger: Trigger, choices: Choices, generated: str, refused: frozenset[str]
    ) -> tuple[int, Choices]:
        """What is demanded in place of a word that is taken back, and from which offset on.

        ``refused`` are the words refused there so far.
        """
        texts = tuple(text for text in choices.texts if text.rstrip(".([") not in refused)
        return trigger.start, replace(choices, names=choices.names - refused, texts=texts)

    def completing_text(self, statement: str, after: str) -> str:
        """What of the text behind the hole completes a trigger when generated text ends; "" if nothing
        does."""
        return ""


def settled_by_word(start: int, generated: str, known: Words) -> Settled:
    """Whether the word at ``start`` is one of the known ones."""
    word = word_at(generated, start)
    if is_whole(generated, start) and word:
        return "yes" if word in known else "ask"
    return "wait" if known.has_beginning(word) else "ask"
