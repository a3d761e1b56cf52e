"""What analysis answers: plain frozen data that crosses a process boundary as JSON.

Offsets are code points of the text that the question carried, lines count from 1. None in an answer
means "not known"; an empty tuple means "known to be none".
"""

from dataclasses import dataclass
from typing import Literal

SymbolKind = Literal["module", "class", "function", "instance", "property", "param", "keyword", "statement"]
Origin = Literal["local", "parameter", "global", "import", "builtin"]
NameKind = Literal["exception", "abstract", "class", "function", "unknown"]
"""What a name certainly stands for. "exception": a class that can be raised. "abstract": a class that cannot
be instantiated. "class": any other class.
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A name that may stand behind the dot. ``signature`` is without the name: ``(self, x: int) -> str``."""

    name: str
    kind: SymbolKind
    signature: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """``is_complete`` promises that no other name is right there, so that decoding may be constrained to
    these.

    ``reason`` says what kept the list from being complete; "" if it is.
    ``is_complete_unless_assigned`` is the weaker promise for a statement that begins with the
    attribute: only an assignment may put a new name there.
    """

    members: tuple[Member, ...]
    is_complete: bool
    receiver_type: str | None
    reason: str
    is_complete_unless_assigned: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedType:
    """What the hole should evaluate to.

    ``type`` is written as an annotation. ``names`` are the simple names of the classes in it, for
    matching. ``origin`` says what told it, such as "annotation of parameter x". ``literals`` are the
    only values that fit, as source text, if they can be listed.
    """

    type: str
    names: tuple[str, ...]
    origin: str
    literals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """``expected`` is None where any type would do or nothing is known."""

    expected: ExpectedType | None


@dataclass(frozen=True, slots=True)
class ScopeName:
    name: str
    kind: SymbolKind
    origin: Origin
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeNames:
    """Innermost scope first. ``is_complete`` is False where names come from a star import that could not be
    followed, or are set by code.

    Names that a comprehension, a lambda or an assignment yet to be written will bind are not among them.
    """

    names: tuple[ScopeName, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Literal["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]
    annotation: str | None
    default: str | None


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload of the callee. ``index`` is the parameter that the hole stands for."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    index: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """``free_keywords`` are the parameters that may still be given by name.

    ``is_complete``: no other keyword is right, because every overload is known and none takes ``**keywords``.
    """

    signatures: tuple[Signature, ...]
    free_keywords: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class ImportableNames:
    """What may stand at the hole of an import statement; ``module`` is the one whose names these are.

    ``missing`` are those of them that the file uses and nothing in it binds. ``is_likely_complete``: these
    are the modules of a package that is known, which lack only what is yet to be made.
    """

    module: str | None
    members: tuple[Member, ...]
    is_complete: bool
    reason: str
    missing: tuple[str, ...] = ()
    is_likely_complete: bool = False


@dataclass(frozen=True, slots=True)
class MissingNames:
    """What the file uses and nothing in it binds, in alphabetical order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """``rest`` is the piece of work to go on with; None when all is done."""

    rest: int | None


@dataclass(frozen=True, slots=True)
class ClassifiedName:
    name: str
    kind: NameKind


@dataclass(frozen=True, slots=True)
class NameKinds:
    """``is_complete`` promises that no other name is right there. Kinds are certain or "unknown"."""

    names: tuple[ClassifiedName, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class MatchCases:
    """The members of an enumeration that a ``case`` may name.

    ``prefix`` is what has to be written before a member: "" behind the dot of the enumeration, else its name
    in scope and a dot. ``is_complete`` promises that no other attribute of the enumeration makes a pattern.
    """

    prefix: str
    members: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A class trimmed to what a reader needs: fields and signatures."""

    name: str
    module: str
    path: str | None
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class RelevantTypes:
    definitions: tuple[TypeDefinition, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """A value or function that yields the expected type; ``import_line`` is needed before it can be used."""

    name: str
    text: str
    score: float
    path: str | None
    line: int
    import_line: str | None = None


@dataclass(frozen=True, slots=True)
class RelevantHeaders:
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Api:
    """``owner`` is the class, None for a function of the module. ``score`` is higher the nearer its use."""

    name: str
    signature: str
    owner: str | None
    score: float


@dataclass(frozen=True, slots=True)
class ImportedModule:
    module: str
    path: str | None
    is_local: bool
    apis: tuple[Api, ...]


@dataclass(frozen=True, slots=True)
class Imports:
    """The best modules first."""

    modules: tuple[ImportedModule, ...]


@dataclass(frozen=True, slots=True)
class StaticError:
    kind: Literal["syntax", "unresolved_name", "unknown_member", "arity", "unknown_keyword"]
    message: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class StaticErrors:
    errors: tuple[StaticError, ...]


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """Where the project's packages are. ``origin`` says how it was found; no program of it is ever run."""

    origin: str
    path: str | None
    version: str | None
    search_paths: tuple[str, ...]
    source_roots: tuple[str, ...]
