"""A piece of text that may go into the prompt, with where it came from and why."""

from dataclasses import dataclass
from typing import Literal

# How long a snippet stays right: while the file is the same, while the cursor stays near, or for one hole
# only. Prompts are ordered by this, so that what changes least comes first and the prefix cache holds.
Tier = Literal["file", "place", "hole"]
TIERS: tuple[Tier, ...] = ("file", "place", "hole")


@dataclass(frozen=True, slots=True)
class LineSpan:
    """Lines of a file from 0, half-open."""

    start: int
    stop: int

    def overlap(self, other: "LineSpan") -> int:
        """How many lines both have."""
        return max(0, min(self.stop, other.stop) - max(self.start, other.start))

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Snippet:
    """``source`` is a name of sources/catalogue.py. ``path`` is relative to the workspace's root.

    ``span`` is None for text that stands nowhere as it is, such as a list of signatures. ``score`` says from
    0 to 1 how good this is among those of its source. ``reason`` is for people: a few words.
    """

    text: str
    source: str
    path: str
    span: LineSpan | None
    score: float
    reason: str

    def __post_init__(self) -> None:
        assert self.text.strip()
        assert 0 <= self.score <= 1, self.score
