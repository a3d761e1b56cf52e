"""One case of a suite: a hole in a file, its true text, and the data that the suite's metrics need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Extent = Literal["line", "full_line", "identifier", "method", "statement"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved context as a data set stores it. ``title`` names the rule that found it."""

    title: str
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """A hole with the file around it.

    ``prefix`` and ``suffix`` are the file around the hole, ``target`` is the text taken out of it. ``id`` is
    unique within the suite. ``path`` is relative to the root of the repository, which is the folder
    ``workspace``; that is None if the repository is not on this machine. ``extent`` says how much of an
    answer the metrics look at, so that decoding can end there. ``slices`` are properties that a report can
    split by. ``facts`` are plain JSON for the suite's metrics only.
    """

    id: str
    repository: str
    path: str
    language: str
    prefix: str
    suffix: str
    target: str
    extent: Extent
    workspace: str | None = None
    passages: tuple[Passage, ...] = ()
    slices: Mapping[str, str] = field(default_factory=dict[str, str])
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
