"""The questions to analysis: plain frozen data. Each question names the type of its answer.

A question carries the whole *unsaved* text; analysis reads other files from disk.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from holesmith.analysis.answers import (
    Call,
    Expected,
    ImportableNames,
    Imports,
    MatchCases,
    Members,
    MissingNames,
    NameKinds,
    PythonEnvironment,
    RelevantHeaders,
    RelevantTypes,
    ScopeNames,
    StaticErrors,
    WarmedUp,
)

A = TypeVar("A", covariant=True)


@dataclass(frozen=True, slots=True)
class Source:
    """A document. ``path`` is absolute; it is None for a text that has no file."""

    path: str | None
    text: str


class Question(Generic[A]):
    """The base of every question; ``A`` is the type of its answer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class MembersQuestion(Question[Members]):
    """Ask for the names that may stand behind the dot before ``offset``, as in ``receiver.wo‸``.

    A word begun between dot and offset is ignored. Signatures and types cost time, so only the first
    ``detailed_max`` members have them. With ``only_complete``, a list that would not be complete is empty,
    which saves the time for guesses.
    """

    source: Source
    offset: int
    detailed_max: int = 0
    only_complete: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedTypeQuestion(Question[Expected]):
    """Ask for the type of value that fits at ``offset``."""

    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class ScopeQuestion(Question[ScopeNames]):
    """Ask for the names in scope at ``offset``. The first ``typed_max`` of them get their types."""

    source: Source
    offset: int
    typed_max: int = 0


@dataclass(frozen=True, slots=True)
class CallQuestion(Question[Call]):
    """Ask for the call that ``offset`` is an argument of.

    ``only_complete`` has the meaning it has for members.
    """

    source: Source
    offset: int
    only_complete: bool = False


@dataclass(frozen=True, slots=True)
class ImportableNamesQuestion(Question[ImportableNames]):
    """Ask for the names that may stand at ``offset`` in an import statement."""

    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class MissingNamesQuestion(Question[MissingNames]):
    """Ask for the names that the file uses but does not bind."""

    source: Source


@dataclass(frozen=True, slots=True)
class NameKindsQuestion(Question[NameKinds]):
    """Ask for the names that may stand at ``offset``, with their kinds.

    The names are those in scope, or the members behind a dot.

    The kinds of the names in ``wanted`` are worked out; other names get a kind if that is quick.
    """

    source: Source
    offset: int
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchCaseQuestion(Question[MatchCases]):
    """Ask for the enumeration members that a ``case`` may name.

    ``offset`` is where the pattern of the ``case`` begins, or stands behind a dot in the pattern.
    """

    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class RelevantTypesQuestion(Question[RelevantTypes]):
    """Ask for the classes that matter at ``offset``.

    ``characters_max`` limits the text of all definitions together.
    """

    source: Source
    offset: int
    characters_max: int = 4000


@dataclass(frozen=True, slots=True)
class RelevantHeadersQuestion(Question[RelevantHeaders]):
    """Ask for at most ``headers_max`` values or functions that give the type expected at ``offset``."""

    source: Source
    offset: int
    headers_max: int = 8


@dataclass(frozen=True, slots=True)
class ImportsQuestion(Question[Imports]):
    """Ask for the modules that the file imports, with at most ``apis_max`` of their functions and methods."""

    source: Source
    offset: int
    apis_max: int = 40


@dataclass(frozen=True, slots=True)
class StaticErrorsQuestion(Question[StaticErrors]):
    """Ask for the errors that a completion, the text from ``start`` to ``stop``, has or causes."""

    source: Source
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class WarmUpQuestion(Question[WarmedUp]):
    """Let analysis load what the document uses, a piece at a time, so that later questions need not.

    The pieces of work near ``offset`` come first; ``begin`` is the number of the first piece to do.
    """

    source: Source
    offset: int
    begin: int = 0


@dataclass(frozen=True, slots=True)
class EnvironmentQuestion(Question[PythonEnvironment]):
    """Ask for the project's Python environment.

    Answering also loads what would otherwise delay the first real question.
    """


ANSWER_OF: dict[type[Question[object]], type] = {
    MembersQuestion: Members,
    ExpectedTypeQuestion: Expected,
    ScopeQuestion: ScopeNames,
    CallQuestion: Call,
    ImportableNamesQuestion: ImportableNames,
    MissingNamesQuestion: MissingNames,
    NameKindsQuestion: NameKinds,
    MatchCaseQuestion: MatchCases,
    RelevantTypesQuestion: RelevantTypes,
    RelevantHeadersQuestion: RelevantHeaders,
    ImportsQuestion: Imports,
    StaticErrorsQuestion: StaticErrors,
    WarmUpQuestion: WarmedUp,
    EnvironmentQuestion: PythonEnvironment,
}
