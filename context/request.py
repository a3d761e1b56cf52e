"""The input of retrieval: plain data that the caller collects before any work is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FactKind = Literal["expected type", "relevant type", "relevant header", "member", "signature"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of static analysis about the hole, as code: the expected type, a definition, a signature.

    ``path`` (relative to the root) and ``line`` (from 0) say where the definition stands, if it stands in the
    workspace. Facts of one kind are sorted best first.
    """

    kind: FactKind
    text: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """Lines that the user changed lately, in their present form; ``line`` is the
    number of the first, from 0.
    """

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    """The work in progress as version control knows it; fields are empty where it knows nothing."""

    branch: str = ""
    subjects: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """One request for context. ``path`` and all other paths are relative to ``root``, with forward slashes.

    ``facts`` is None if no analysis is at hand; its share of the budget then goes to the other sources.
    ``missing`` are the names that the document uses and does not bind, filled in only where the hole is an
    import. ``edits`` and ``visited`` (files lately shown in the editor) are sorted latest first. ``unsaved``
    has the texts of open documents that differ from the disk.
    """

    root: Path
    path: str
    language: str
    prefix: str
    suffix: str
    facts: tuple[Fact, ...] | None = None
    missing: tuple[str, ...] = ()
    edits: tuple[RecentEdit, ...] = ()
    visited: tuple[str, ...] = ()
    unsaved: Mapping[str, str] = field(default_factory=dict[str, str])
    revision: Revision = field(default_factory=Revision)
