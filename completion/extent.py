"""How far a completion goes: to the end of the line, of the statement or of the block; from syntax alone."""

from dataclasses import dataclass
from typing import Literal

from holesmith.analysis.stops import Stops, stops_at
from holesmith.completion.options import Lines
from holesmith.completion.shaping import rest_of_line

Kind = Literal["line", "statement", "block"]


@dataclass(frozen=True, slots=True)
class Extent:
    """``line`` ends at the first line break; the others where the syntax around the hole says."""

    kind: Kind
    stops: Stops

    def stop_of(self, middle: str) -> int | None:
        """The offset behind which nothing of ``middle`` is wanted; None while it may go on."""
        if self.kind == "line":
            line_break = middle.find("\n")
            return line_break if line_break >= 0 else self.stops.statement_stop(middle)
        return self.stops.block_stop(middle) if self.kind == "block" else self.stops.statement_stop(middle)


def extent_of(language: str, prefix: str, suffix: str, lines: Lines) -> Extent:
    """One line where text stands right of the cursor, a block where one begins, else one statement."""
    stops = stops_at(language, prefix, suffix)
    if rest_of_line(suffix).strip() or lines == "single":
        return Extent("line", stops)
    if lines == "multi" or stops.begins_block:
        return Extent("block", stops)
    return Extent("statement", stops)
