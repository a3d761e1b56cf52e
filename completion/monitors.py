"""The monitors: what each trigger asks of static analysis, and what the answer allows.

Invariants: a list that analysis does not promise to be complete constrains nothing, for a right answer must
never be refused; every other doubt is settled the same way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from keyword import kwlist, softkwlist
from typing import Protocol

from holesmith.analysis.answers import Call, Expected, Importables, Members, ScopeNames
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import (
    A,
    CallQuestion,
    ExpectedTypeQuestion,
    ImportablesQuestion,
    MembersQuestion,
    Question,
    ScopeQuestion,
    Source,
)
from holesmith.completion.triggers import TriggerKind
from holesmith.engine.constraint import Constraint

_IMPLICIT = frozenset(
    ("__class__", "__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__loader__")
) | frozenset(("__builtins__", "__annotations__", "__module__", "__qualname__", "__dict__", "WindowsError"))
"""Names that Python itself provides in modules, classes and methods, or on some systems only."""

KEYWORD_PENALTY = 5.0
"""Of arguments that begin with a name, where a keyword of the callee would have to stand."""

KEYWORDS = frozenset((*kwlist, *softkwlist))
_STRING_OPENINGS = tuple(
    prefix + quote
    for prefix in ("f", "r", "b", "u", "rb", "br", "fr", "rf", "F", "R", "B", "Rb", "bR", "BR")
    for quote in "\"'"
)

_LITERAL = re.compile(r"""(["'])([^"'\\]*)\1""")

AnyQuestion = MembersQuestion | ScopeQuestion | ImportablesQuestion | CallQuestion | ExpectedTypeQuestion
AnyAnswer = Members | ScopeNames | Importables | Call | Expected


class Analyst(Protocol):
    """Static analysis in a process of its own."""

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        """The answer, or none and a reason after the deadline at the latest. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Choices:
    """What may stand at a trigger. Unless ``is_exclusive``, what begins no identifier may stand there too.

    ``penalty``, in logits, is for what may be right for a reason that was not asked about; None forbids it.
    """

    names: frozenset[str]
    texts: tuple[str, ...] = ()
    is_exclusive: bool = True
    penalty: float | None = None

    def constraint(self, more: Iterable[str] = ()) -> Constraint:
        """As the engine needs it, with ``more`` names."""
        names = sorted(self.names.union(more))
        return Constraint(
            tuple(name.encode() for name in names),
            tuple(text.encode() for text in self.texts),
            is_exclusive=self.is_exclusive,
            penalty=self.penalty,
        )


def question_of(kind: TriggerKind, source: Source, offset: int) -> AnyQuestion:
    """What to ask for a trigger at ``offset`` of the document as it is with the text generated so far."""
    match kind:
        case "member":
            return MembersQuestion(source, offset)
        case "import":
            return ImportablesQuestion(source, offset)
        case "keyword":
            return CallQuestion(source, offset)
        case "name":
            return ScopeQuestion(source, offset)
        case "literal":
            return ExpectedTypeQuestion(source, offset)


def choices_of(answer: AnyAnswer) -> Choices | None:
    """None where the answer does not promise to be complete.

    Of a member that may be about to be assigned, it counts that only an assignment could add to the list:
    that it is not assigned is told from the text behind it before anything is refused.
    """
    if isinstance(answer, Expected):
        return _strings_of(answer.expected.literals) if answer.expected is not None else None
    if not (answer.is_complete or (isinstance(answer, Members) and answer.is_complete_unless_assigned)):
        return None
    match answer:
        case Members(members=members):
            return Choices(frozenset(member.name for member in members))
        case Importables(members=members):
            names = frozenset(member.name for member in members)
            return Choices(names | KEYWORDS, is_exclusive=False)
        case ScopeNames(names=names):
            known = frozenset(name.name for name in names)
            return Choices(known | KEYWORDS | _IMPLICIT, _STRING_OPENINGS, is_exclusive=False)
        case Call(free_keywords=keywords):
            # A wrong keyword may have to become another one, or an argument without any.
            texts = tuple(f"{name}=" for name in keywords)
            return Choices(frozenset(), texts, is_exclusive=False, penalty=KEYWORD_PENALTY)


def _strings_of(literals: Iterable[str]) -> Choices | None:
    """The strings among the only values that fit, as either quote writes them; None if there is none."""
    found = [_LITERAL.fullmatch(literal) for literal in literals]
    values = [match[2] for match in found if match is not None]
    texts = tuple(f"{quote}{value}{quote}" for value in values for quote in "\"'")
    return Choices(frozenset(), texts) if texts else None
