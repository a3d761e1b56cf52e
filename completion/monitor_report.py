"""What the monitors did during one completion, by the kind of trigger."""

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
"""``import``: a name in an import; ``list``: what follows one; ``empty``: the end of a call of nothing."""

Outcome = Literal["allowed", "bound", "left", "unknown", "late", "dropped", "open"]
"""How a trigger ended.

"allowed": the text is one of the choices. "bound": the name was bound there, not used. "left": the text went
on with something that is no name. "unknown": analysis had no complete answer. "late": it had none in time.
"dropped": no token could satisfy the constraint. "open": the text ended before.
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Text of the model that was none of so many ``choices``; ``rolled_back`` tokens were thrown away.

    ``penalty`` is what the text costs since then, in logits; None if it is forbidden. ``instead`` is what
    the model wrote in its place in the end; "" if nothing stands there.
    """

    kind: TriggerKind
    text: str
    choices: int
    rolled_back: int
    penalty: float | None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """One trigger in the final text. ``text`` stands there; ``reason`` says why analysis could not tell.

    ``is_missing``: it is a name in an import that the file uses and nothing else in it binds.
    """

    kind: TriggerKind
    text: str
    outcome: Outcome
    reason: str
    answer_ms: float
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """``waited_ms`` is how long the finished text was held back for answers that were still to come.

    ``asked`` counts the questions to analysis: fewer than triggers, for the document itself settles many.
    ``objection`` is the error for which the last check shortened or withheld the finished text, or why
    nothing right can go on from the word at the cursor; "" if there is none.
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
        """Whether the text imports something, and nothing but what the file misses."""
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
        """How many tokens were thrown away."""
        return sum(refusal.rolled_back for refusal in self.refusals)

    @property
    def answer_ms(self) -> float:
        """How long analysis worked on the answers, beside decoding."""
        return sum(each.answer_ms for each in self.fired)

    def as_json(self) -> dict[str, object]:
        """What ``holesmith complete --json`` and ``holesmith/explain`` show."""
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
        return Counter(each.outcome for each in self.fired)
