"""Memos: results of our own that are needed again, kept inside jedi's and parso's objects.

A memo lives as long as the object that its results were found out from. Each kind of object holds one memo,
with one field for each kind of result.
"""

from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.answers import Member, ScopeName, Signature

_TREE_KEY = "holesmith_memo"


@dataclass(frozen=True, slots=True)
class CallSignatures:
    """The signatures of one value; ``is_complete`` is True if it takes no other arguments than they show."""

    signatures: tuple[Signature, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class ProjectMemo:
    """The memo inside an inference state of jedi's, which serves many texts of one document.

    A key that outlives the text of the document may only have results that do not depend on the document.
    """

    #: By context and annotation: jedi's values, and True if all type arguments of generic classes are
    #: understood.
    annotated_values: dict[tuple[Any, Any], tuple[Any, bool]] = field(
        default_factory=dict[tuple[Any, Any], tuple[Any, bool]]
    )
    #: By a key that values with the same members share: their members.
    members_of_values: dict[Any, list[Member]] = field(default_factory=dict[Any, list[Member]])
    #: By class statement, and True for what methods bind on ``self``: the members in its text, by name.
    members_of_classes: dict[tuple[bool, Any], dict[str, Member]] = field(
        default_factory=dict[tuple[bool, Any], dict[str, Member]]
    )
    #: By class statement and the mapping of all names of its file: parso's mapping of the names in the class.
    names_within_classes: dict[tuple[Any, Any], Any] = field(default_factory=dict[tuple[Any, Any], Any])
    #: By a key that values with the same parameters share: their signatures.
    call_signatures: dict[Any, CallSignatures] = field(default_factory=dict[Any, CallSignatures])
    #: By context and type of a filter of jedi's: its names of the builtins.
    visible_builtins: dict[tuple[Any, type], list[Any]] = field(
        default_factory=dict[tuple[Any, type], list[Any]]
    )
    #: By parso's tree of a module outside of the project: the attributes that its text sets from outside.
    facts_of_modules: dict[Any, Any] = field(default_factory=dict[Any, Any])
    #: By jedi's name of a builtin: its description.
    described_builtins: dict[Any, ScopeName] = field(default_factory=dict[Any, ScopeName])


@dataclass(frozen=True, slots=True)
class TreeMemo:
    """The memo inside parso's mapping of the names in a tree; a changed tree has a new mapping."""

    #: By name and scope: the definitions of the name there; None if there are too many or some are out of
    #: sight.
    bindings: dict[tuple[str, Any], list[Any] | None] = field(
        default_factory=dict[tuple[str, Any], list[Any] | None]
    )
    #: By file or class statement: the names that are bound directly in it.
    defined_names: dict[Any, frozenset[str]] = field(default_factory=dict[Any, frozenset[str]])


def project_memo(state: Any) -> ProjectMemo:
    """Return the memo of an inference state, made at the first call."""
    kept: dict[Any, Any] = state.memoize_cache
    memo = kept.get(ProjectMemo)
    if memo is None:
        memo = kept[ProjectMemo] = ProjectMemo()
    return memo


def tree_memo(used: Any) -> TreeMemo:
    """Return the memo of a mapping of used names, made at the first call."""
    kept: dict[str, Any] = vars(used)
    memo = kept.get(_TREE_KEY)
    if memo is None:
        memo = kept[_TREE_KEY] = TreeMemo()
    return memo
