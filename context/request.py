"""What the caller knows when it asks for context: plain data, taken before any work is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FactKind = Literal["expected type", "relevant type", "relevant header", "member", "signature"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What static analysis says of the hole, as code: the type it expects, a definition, a signature.

    ``path`` (relative to the root) and ``line`` (from 0) say where the definition stands, if here.
    Facts of one kind come best first.
    """

    kind: FactKind
    text: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """Lines that the user changed lately, as they are now; ``line`` is the first, from 0."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    """The work in progress as version control knows it; empty where it knows nothing."""

    branch: str = ""
    subjects: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """``path`` and all other paths are relative to ``root``, with forward slashes.

    ``facts`` is None where no analysis is at hand, which leaves their share of the budget to the others.
    ``missing`` are names that the document uses and nothing in it binds, asked for where it imports.
    ``edits`` and ``visited`` (files lately shown in the editor) come latest first. ``unsaved`` has the texts
    of open documents that differ from the disk.
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
