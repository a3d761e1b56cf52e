"""What analysis can be asked: plain frozen data, each question naming the type of its answer.

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
    """A document. ``path`` is absolute; None for a text that has no file."""

    path: str | None
    text: str


class Question(Generic[A]):
    """The base of every question; ``A`` is the type of its answer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class MembersQuestion(Question[Members]):
    """What may stand behind the dot before ``offset``. A word begun between dot and offset is ignored.

    Signatures and types cost time: they are given for the first ``detailed_max`` members. With
    ``only_complete`` a list that would not be complete is empty, which saves the time to guess it.
    """

    source: Source
    offset: int
    detailed_max: int = 0
    only_complete: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedTypeQuestion(Question[Expected]):
    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class ScopeQuestion(Question[ScopeNames]):
    source: Source
    offset: int
    typed_max: int = 0


@dataclass(frozen=True, slots=True)
class CallQuestion(Question[Call]):
    """``only_complete`` is as for members."""

    source: Source
    offset: int
    only_complete: bool = False


@dataclass(frozen=True, slots=True)
class ImportableNamesQuestion(Question[ImportableNames]):
    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class MissingNamesQuestion(Question[MissingNames]):
    source: Source


@dataclass(frozen=True, slots=True)
class NameKindsQuestion(Question[NameKinds]):
    """The names in scope at ``offset``, or the members before whose dot it stands, and what they are.

    The kinds of ``wanted`` are found out, those of other names as far as it is quick.
    """

    source: Source
    offset: int
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchCaseQuestion(Question[MatchCases]):
    """``offset`` is where the pattern of a ``case`` begins, or behind a dot in it."""

    source: Source
    offset: int


@dataclass(frozen=True, slots=True)
class RelevantTypesQuestion(Question[RelevantTypes]):
    """``characters_max`` bounds the text of all definitions together."""

    source: Source
    offset: int
    characters_max: int = 4000


@dataclass(frozen=True, slots=True)
class RelevantHeadersQuestion(Question[RelevantHeaders]):
    source: Source
    offset: int
    headers_max: int = 8


@dataclass(frozen=True, slots=True)
class ImportsQuestion(Question[Imports]):
    source: Source
    offset: int
    apis_max: int = 40


@dataclass(frozen=True, slots=True)
class StaticErrorsQuestion(Question[StaticErrors]):
    """The errors that the text from ``start`` to ``stop``, put there by a completion, has or causes."""

    source: Source
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class WarmUpQuestion(Question[WarmedUp]):
    """Gets to know what the document uses, some of it at a time, so that later questions need not.

    The pieces of work near ``offset`` come first; ``begin`` is the first one to do.
    """

    source: Source
    offset: int
    begin: int = 0


@dataclass(frozen=True, slots=True)
class EnvironmentQuestion(Question[PythonEnvironment]):
    """Also loads what the first real question would otherwise wait for."""


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
