"""The answers of analysis: plain frozen data that crosses a process boundary as JSON.

Offsets are code points of the text that the question carried, lines count from 1. None in an answer means
"not known"; an empty tuple means "known to be none".
"""

from dataclasses import dataclass
from typing import Literal

SymbolKind = Literal["module", "class", "function", "instance", "property", "param", "keyword", "statement"]
Origin = Literal["local", "parameter", "global", "import", "builtin"]
NameKind = Literal["exception", "abstract", "class", "function", "unknown"]
"""The kinds of thing that a name can stand for.

"exception": a class that can be raised. "abstract": a class that cannot be instantiated. "class": any other
class. A kind other than "unknown" is certain.
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A name that may stand behind the dot. ``signature`` leaves out the name: ``(self, x: int) -> str``."""

    name: str
    kind: SymbolKind
    signature: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """The names that may stand behind the dot.

    ``is_complete`` promises that no other name is right there, so that decoding may be constrained to these.
    ``reason`` says why the list is not complete; it is "" for a complete list.
    ``is_complete_unless_assigned`` is the weaker promise for a statement that begins with the attribute: only
    an assignment may put a new name there.
    """

    members: tuple[Member, ...]
    is_complete: bool
    receiver_type: str | None
    reason: str
    is_complete_unless_assigned: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedType:
    """The type of value that fits in the hole.

    ``type`` is written as an annotation. ``names`` are the simple names of the classes in it, for
    comparisons. ``origin`` says where the type is known from, such as "annotation of parameter x".
    ``literals`` are the only values that fit, as source text, if they can be listed.
    """

    type: str
    names: tuple[str, ...]
    origin: str
    literals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer to ``ExpectedTypeQuestion``. ``expected`` is None if any type fits or nothing is known."""

    expected: ExpectedType | None


@dataclass(frozen=True, slots=True)
class ScopeName:
    """A name in scope, with its kind and the scope or statement that binds it.

    ``type`` is None if unknown.
    """

    name: str
    kind: SymbolKind
    origin: Origin
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeNames:
    """The names in scope at the hole, those of the innermost scope first.

    ``is_complete`` is False if code may set more names, or if a star import that could not be followed may
    bring them. Names that a comprehension, a lambda or an assignment still has to bind are not among the
    names.
    """

    names: tuple[ScopeName, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a signature. Annotation and default are source text; None if there is none."""

    name: str
    kind: Literal["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]
    annotation: str | None
    default: str | None


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload of the callee. ``index`` is the position of the parameter that the hole stands for."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    index: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """The call that the hole is an argument of.

    ``free_keywords`` are the parameters that may still be given by name. ``is_complete`` promises that no
    other keyword is right, because every overload is known and none takes ``**keywords``.
    """

    signatures: tuple[Signature, ...]
    free_keywords: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class ImportableNames:
    """The names that may stand at the hole of an import statement.

    ``module`` is the module that has these names. ``missing`` are the names among them that the file uses but
    does not bind. ``is_likely_complete`` is True for the modules of a known package: only a module that is
    still to be written can be missing.
    """

    module: str | None
    members: tuple[Member, ...]
    is_complete: bool
    reason: str
    missing: tuple[str, ...] = ()
    is_likely_complete: bool = False


@dataclass(frozen=True, slots=True)
class MissingNames:
    """The names that the file uses but does not bind, in alphabetical order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """The state of a warm-up.

    ``rest`` is the number of the next piece of work; None when all of them are done.
    """

    rest: int | None


@dataclass(frozen=True, slots=True)
class ClassifiedName:
    name: str
    kind: NameKind


@dataclass(frozen=True, slots=True)
class NameKinds:
    """The names that may stand at the hole, with their kinds.

    ``is_complete`` promises that no other name is right there. A kind is certain or "unknown".
    """

    names: tuple[ClassifiedName, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class MatchCases:
    """The members of an enumeration that a ``case`` may name.

    ``prefix`` is the text that has to come before a member: "" behind the dot of the enumeration, else the
    enumeration's name in scope and a dot. ``is_complete`` promises that no other attribute of the enumeration
    can be a pattern.
    """

    prefix: str
    members: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A class reduced to what a reader needs: fields and signatures."""

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
    """A value or function that gives the expected type.

    ``import_line`` is the import that its use needs; None if it needs none.
    """

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
    """A function or method of a module.

    ``owner`` is its class, None for a function of the module. ``score`` is higher the nearer to the hole the
    API is used.
    """

    name: str
    signature: str
    owner: str | None
    score: float


@dataclass(frozen=True, slots=True)
class ImportedModule:
    """A module that the file imports, with its functions and methods.

    ``is_local``: it is a part of the workspace.
    """

    module: str
    path: str | None
    is_local: bool
    apis: tuple[Api, ...]


@dataclass(frozen=True, slots=True)
class Imports:
    """The modules that the file imports, the most useful ones first."""

    modules: tuple[ImportedModule, ...]


@dataclass(frozen=True, slots=True)
class StaticError:
    """A certain error in the text from ``start`` to ``stop``."""

    kind: Literal["syntax", "unresolved_name", "unknown_member", "arity", "unknown_keyword"]
    message: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class StaticErrors:
    errors: tuple[StaticError, ...]


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """The place of the project's packages.

    ``origin`` says how the environment was found. No program of the environment is ever run.
    """

    origin: str
    path: str | None
    version: str | None
    search_paths: tuple[str, ...]
    source_roots: tuple[str, ...]
