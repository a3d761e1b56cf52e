"""A snippet: a piece of text that may go into the prompt, with its source and reason."""

from dataclasses import dataclass
from typing import Literal

# How long a snippet stays right: while the file is the same, while the cursor stays near, or for one hole
# only. Prompts are ordered by tier, so that what changes least comes first and the prefix cache stays valid.
Tier = Literal["file", "place", "hole"]
TIERS: tuple[Tier, ...] = ("file", "place", "hole")


@dataclass(frozen=True, slots=True)
class LineSpan:
    """Lines of a file, counted from 0, half-open."""

    start: int
    stop: int

    def overlap(self, other: "LineSpan") -> int:
        """Return the number of lines that both spans have."""
        return max(0, min(self.stop, other.stop) - max(self.start, other.start))

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text that may go into the prompt.

    ``source`` is a name of sources/catalogue.py. ``path`` is relative to the workspace's root. ``span`` is
    None for text that stands nowhere in this form, such as a list of signatures. ``score``, from 0 to 1,
    compares the snippet with others of its source. ``reason`` is a few words for people.
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
