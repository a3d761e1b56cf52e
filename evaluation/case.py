"""One case of a suite: a hole in a file, what stood there, and what the suite's metrics need to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Extent = Literal["line", "full_line", "identifier", "method", "statement"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved context as a data set stores it: ``title`` names the rule that found it."""

    title: str
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """``prefix`` and ``suffix`` are the file around the hole, ``target`` what was taken out.

    ``id`` is unique within the suite. ``path`` is relative to the root of the repository, which lies in
    ``workspace`` if it is on this machine at all. ``extent`` says how much of an answer the metrics look at,
    so that decoding can end there. ``slices`` are the properties a report can split by. ``facts`` are for the
    suite's metrics only, plain JSON.
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
