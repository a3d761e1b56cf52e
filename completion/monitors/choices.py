"""The monitors: what each trigger asks of static analysis, and what the answer allows.

Invariants: a list that analysis does not promise to be complete constrains nothing, for a right answer must
never be refused; every other doubt is settled the same way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_letters
from typing import Protocol

from holesmith.analysis.answers import (
    Call,
    Cases,
    Expected,
    Importables,
    Members,
    NameRole,
    Roles,
    ScopeNames,
    Signature,
)
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import (
    A,
    CallQuestion,
    CasesQuestion,
    ExpectedTypeQuestion,
    ImportablesQuestion,
    MembersQuestion,
    Question,
    RolesQuestion,
    ScopeQuestion,
    Source,
)
from holesmith.completion.monitors.local_names import KEYWORDS
from holesmith.completion.monitors.triggers import TriggerKind
from holesmith.engine.constraints.constraint import Constraint

_IMPLICIT = frozenset(
    ("__class__", "__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__loader__")
) | frozenset(("__builtins__", "__annotations__", "__module__", "__qualname__", "__dict__", "WindowsError"))
"""Names that Python itself provides in modules, classes and methods, or on some systems only."""

_STRING_OPENINGS = tuple(
    prefix + quote
    for prefix in ("f", "r", "b", "u", "rb", "br", "fr", "rf", "F", "R", "B", "Rb", "bR", "BR")
    for quote in "\"'"
)

_ARGUMENT_BEGINNINGS = tuple("\"'([{-+~*.0123456789" + ascii_letters + "_")
"""Of a name only where it is written in ASCII: demanded is an argument only after none was given."""

_LITERAL = re.compile(r"""(["'])([^"'\\]*)\1""")

AnyQuestion = (
    MembersQuestion
    | ScopeQuestion
    | ImportablesQuestion
    | CallQuestion
    | ExpectedTypeQuestion
    | RolesQuestion
    | CasesQuestion
)
AnyAnswer = Members | ScopeNames | Importables | Call | Expected | Roles | Cases

PENALTY = 5.0
"""Of what is likely wrong: a keyword that the callee does not have may become an argument without one, a
class that looks abstract may be made whole elsewhere, a pattern may be there for what is no member, a module
may be generated.
"""


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


def question_of(kind: TriggerKind, source: Source, offset: int, word: str = "") -> AnyQuestion:
    """What to ask for a trigger at ``offset`` of the document as it is with the text generated so far.

    ``word`` is the name that the model wrote there, if it is what the question is about.
    """
    match kind:
        case "member":
            return MembersQuestion(source, offset, only_complete=True)
        case "import" | "list":
            return ImportablesQuestion(source, offset)
        case "keyword" | "argument" | "empty":
            return CallQuestion(source, offset, only_complete=True)
        case "name":
            return ScopeQuestion(source, offset)
        case "literal":
            return ExpectedTypeQuestion(source, offset)
        case "exception" | "instance":
            return RolesQuestion(source, offset, (word,))
        case "pattern":
            return CasesQuestion(source, offset)


def choices_of(answer: AnyAnswer) -> Choices | None:
    """None where the answer does not promise to be complete.

    Of a member that may be about to be assigned, it counts that only an assignment could add to the list:
    that it is not assigned is told from the text behind it before anything is refused.
    """
    match answer:
        case Expected(expected=expected):
            return _strings_of(expected.literals) if expected is not None else None
        case Cases():
            return _patterns_of(answer)
        case Members(members=members) if answer.is_complete or answer.is_complete_unless_assigned:
            return Choices(frozenset(member.name for member in members))
        case Importables(members=members, is_complete=True):
            return Choices(frozenset(member.name for member in members), is_exclusive=False)
        case Importables(members=members, is_likely_complete=True):
            names = frozenset(member.name for member in members)
            return Choices(names, is_exclusive=False, penalty=PENALTY)
        case ScopeNames(names=names, is_complete=True):
            known = frozenset(name.name for name in names)
            return Choices(known | KEYWORDS | _IMPLICIT, _STRING_OPENINGS, is_exclusive=False)
        case Call(free_keywords=keywords, is_complete=True):
            # A wrong keyword may have to become another one, or an argument without any.
            return Choices(frozenset(), _named(keywords), is_exclusive=False, penalty=PENALTY)
        case _:
            return None


def exceptions_of(answer: Roles) -> Choices | None:
    """What leads to an exception: any name but those that certainly stand for something else.

    A class that is none may still hold one, and a function may give one.
    """
    if not answer.is_complete:
        return None
    names = frozenset(each.name for each in answer.names if each.role in ("exception", "unknown"))
    texts = tuple(text for each in answer.names for text in _ways_on(each))
    return Choices(names | KEYWORDS | _IMPLICIT, texts, is_exclusive=False)


def instances_of(answer: Roles, word: str) -> Choices | None:
    """Anything but a class that cannot be instantiated; None if ``word`` is not one."""
    if not any(each.name == word and each.role == "abstract" for each in answer.names):
        return None
    abstract = frozenset(each.name for each in answer.names if each.role == "abstract")
    names = frozenset(each.name for each in answer.names) - abstract
    texts = tuple(f"{name}{following}" for name in sorted(abstract) for following in ".[")
    return Choices(names | KEYWORDS | _IMPLICIT, texts, is_exclusive=False, penalty=PENALTY)


def is_instantiable(answer: Roles, word: str) -> bool:
    """Whether ``word`` certainly is something that can be called, as far as its role tells."""
    return any(each.name == word and each.role in ("exception", "class", "function") for each in answer.names)


def arguments_of(answer: Call) -> Choices:
    """What may stand where an argument begins in a call that takes no more without a name."""
    free = [each.name for each in answer.signatures[0].parameters if each.kind == "keyword_only"]
    return Choices(frozenset(), (")", "*", *_named(free), *(f"{name} =" for name in free)))


def some_argument(answer: Call) -> Choices | None:
    """Something that begins an argument; None if the callee may need none."""
    needed = any(
        each.default is None and not each.kind.startswith("var_") for each in answer.signatures[0].parameters
    )
    return Choices(frozenset(), _ARGUMENT_BEGINNINGS) if needed else None


def room_of(answer: Call) -> int | None:
    """How many arguments without a name the callee takes.

    None for any number, or where that is not certain: the callee is not known, or has several signatures.
    """
    return _room_of(answer.signatures[0]) if is_certain(answer) else None


def is_certain(answer: Call) -> bool:
    """Whether the callee is known, with one signature."""
    return answer.is_complete and len(answer.signatures) == 1


def _room_of(signature: Signature) -> int | None:
    kinds = [each.kind for each in signature.parameters]
    if "var_positional" in kinds:
        return None
    return sum(kind in ("positional_only", "positional_or_keyword") for kind in kinds)


def _named(keywords: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{name}=" for name in keywords)


def _ways_on(named: NameRole) -> tuple[str, ...]:
    """How text may go on behind what is no exception itself."""
    match named.role:
        case "class" | "abstract":
            return (f"{named.name}.",)
        case "function":
            return (f"{named.name}.", f"{named.name}(")
        case _:
            return ()


def _patterns_of(answer: Cases) -> Choices | None:
    """Behind the dot of an enumeration its members, if it has nothing else; for a value of it, they are
    likely.
    """
    if not answer.prefix:
        return Choices(frozenset(answer.members)) if answer.is_complete and answer.members else None
    texts = tuple(f"{answer.prefix}{name}" for name in answer.members)
    return Choices(frozenset(("_", "None")), texts, is_exclusive=False, penalty=PENALTY)


def _strings_of(literals: Iterable[str]) -> Choices | None:
    """The strings among the only values that fit, as either quote writes them; None if there is none."""
    found = [_LITERAL.fullmatch(literal) for literal in literals]
    values = [match[2] for match in found if match is not None]
    texts = tuple(f"{quote}{value}{quote}" for value in values for quote in "\"'")
    return Choices(frozenset(), texts) if texts else None
