"""The record of the monitors' work during one completion, by the kind of trigger."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Literal

TriggerKind = Literal[
    "member",
    "import",
    "list",
    "name",
    "keyword",
    "literal",
    "argument",
    "empty",
    "exception",
    "instance",
    "pattern",
]
"""``import``: a name in an import. ``list``: the text behind such a name. ``empty``: the end of a call
without arguments.
"""

Outcome = Literal["allowed", "bound", "left", "unknown", "late", "dropped", "open"]
"""The outcome of a trigger.

"allowed": the text is one of the choices. "bound": the name was bound there, not used. "left": the text is no
name. "unknown": analysis had no complete answer. "late": analysis had no answer in time. "dropped": no token
could satisfy the constraint. "open": the text ended before the outcome was known.
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Text of the model that was none of so many ``choices``; ``rolled_back`` tokens were thrown away.

    ``penalty`` is the penalty on that text in the following decoding, in logits; None if the text is
    forbidden. ``instead`` is the text that the model wrote in its place in the end; "" if nothing stands
    there.
    """

    kind: TriggerKind
    text: str
    choices: int
    rolled_back: int
    penalty: float | None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """One trigger in the final text.

    ``text`` stands there; ``reason`` says why analysis could not tell. ``is_missing``: the text is a name in
    an import that the file uses and nothing else in it binds.
    """

    kind: TriggerKind
    text: str
    outcome: Outcome
    reason: str
    answer_ms: float
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """The record of one completion.

    ``waited_ms`` is the time that the finished text was held back for answers. ``asked`` counts the questions
    to analysis: they are fewer than the triggers, because the document itself settles many. ``objection`` is
    the error for which the final check shortened or withheld the finished text, or the reason why no right
    text continues the word at the cursor; "" if there is neither.
    """

    fired: tuple[Fired, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    waited_ms: float = 0.0
    asked: int = 0
    objection: str = ""

    @property
    def triggers(self) -> int:
        return len(self.fired)

    @property
    def imports_missing(self) -> bool:
        """True if the text imports something, and only names that the file misses."""
        imported = [each for each in self.fired if each.kind == "import" and each.outcome == "allowed"]
        return bool(imported) and all(each.is_missing for each in imported)

    @property
    def allowed(self) -> int:
        return self.outcomes()["allowed"]

    @property
    def refused(self) -> int:
        return len(self.refusals)

    @property
    def rolled_back(self) -> int:
        """The number of tokens that were thrown away."""
        return sum(refusal.rolled_back for refusal in self.refusals)

    @property
    def answer_ms(self) -> float:
        """The time that analysis worked on the answers, beside decoding."""
        return sum(each.answer_ms for each in self.fired)

    def as_json(self) -> dict[str, object]:
        """Return the record as ``holesmith complete --json`` and ``holesmith/explain`` show it."""
        return {
            "triggers": self.triggers,
            "allowed": self.allowed,
            "refused": self.refused,
            "rolled_back": self.rolled_back,
            "asked": self.asked,
            "waited_ms": round(self.waited_ms, 1),
            "objection": self.objection,
            "fired": [asdict(fired) for fired in self.fired],
            "refusals": [asdict(refusal) for refusal in self.refusals],
        }

    def outcomes(self) -> Counter[Outcome]:
        """Count the triggers by their outcomes."""
        return Counter(each.outcome for each in self.fired)
