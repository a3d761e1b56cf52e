"""What we have found out ourselves and need again, kept inside jedi's and parso's objects.

It lives as long as the object that it was found out from, and is forgotten with it. Each kind of object holds
one memo, with one field for each thing that is remembered.
"""

from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.answers import Member, ScopeName, Signature

_TREE_KEY = "holesmith_memo"


@dataclass(frozen=True, slots=True)
class CallSignatures:
    """The signatures of one value; ``is_complete`` says that it takes nothing but what they show."""

    signatures: tuple[Signature, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class ProjectMemo:
    """Kept with an inference state of jedi's, which serves many texts of one document.

    Only what does not depend on the document may be filed under a key that outlives its text.
    """

    #: By context and annotation: jedi's values, and whether the arguments of generic classes are understood.
    annotated_values: dict[tuple[Any, Any], tuple[Any, bool]] = field(
        default_factory=dict[tuple[Any, Any], tuple[Any, bool]]
    )
    #: By what values with the same members have in common.
    members_of_values: dict[Any, list[Member]] = field(default_factory=dict[Any, list[Member]])
    #: By whether members of instances are meant, and the class statement: what its text gives, by name.
    members_of_classes: dict[tuple[bool, Any], dict[str, Member]] = field(
        default_factory=dict[tuple[bool, Any], dict[str, Member]]
    )
    #: By class statement and all names of its file: parso's mapping of the names within the statement.
    names_within_classes: dict[tuple[Any, Any], Any] = field(default_factory=dict[tuple[Any, Any], Any])
    #: By what values that take the same have in common.
    call_signatures: dict[Any, CallSignatures] = field(default_factory=dict[Any, CallSignatures])
    #: By context and type of a filter: jedi's names of the builtins.
    visible_builtins: dict[tuple[Any, type], list[Any]] = field(
        default_factory=dict[tuple[Any, type], list[Any]]
    )
    #: By jedi's name of a builtin.
    described_builtins: dict[Any, ScopeName] = field(default_factory=dict[Any, ScopeName])


@dataclass(frozen=True, slots=True)
class TreeMemo:
    """Kept with parso's mapping of the names in a tree, which is another one where the tree is changed."""

    #: By name and scope: the definitions of the name there; None if there are too many, or some out of sight.
    bindings: dict[tuple[str, Any], list[Any] | None] = field(
        default_factory=dict[tuple[str, Any], list[Any] | None]
    )
    #: By file or class statement: the names that are bound directly in it.
    defined_names: dict[Any, frozenset[str]] = field(default_factory=dict[Any, frozenset[str]])


def project_memo(state: Any) -> ProjectMemo:
    """The memo of an inference state."""
    kept: dict[Any, Any] = state.memoize_cache
    memo = kept.get(ProjectMemo)
    if memo is None:
        memo = kept[ProjectMemo] = ProjectMemo()
    return memo


def tree_memo(used: Any) -> TreeMemo:
    """The memo of a mapping of used names."""
    kept: dict[str, Any] = vars(used)
    memo = kept.get(_TREE_KEY)
    if memo is None:
        memo = kept[_TREE_KEY] = TreeMemo()
    return memo
