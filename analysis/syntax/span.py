"""A range of a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points."""

    start: int
    stop: int

    def of(self, text: str) -> str:
        return text[self.start : self.stop]
