"""Decide how far a completion goes: to the end of the line, the statement or the block; by syntax alone.

Behind `for item in items:‸` the completion is a block, in `return f(‸` a statement, in a comment a line.
"""

from dataclasses import dataclass
from typing import Literal

from holesmith.analysis.syntax.prose import docstring_at, prose_in
from holesmith.analysis.syntax.span import Span
from holesmith.analysis.syntax.stops import Stops, is_multiline_place, open_stops_of, stops_at, stops_of
from holesmith.analysis.syntax.whole_lines import whole_element_stop, whole_line_stop
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.options import Lines
from holesmith.completion.postprocess.shaping import rest_of_line

Kind = Literal["line", "statement", "block"]


@dataclass(slots=True)
class Extent:
    """The extent of one completion.

    A ``line`` ends at the first line break at the latest; the others end where the syntax around the hole
    says. A whole new statement that opens a block goes on to the end of that block. The place where it opened
    one is kept between calls, because a middle only ever grows. ``closed_stops`` are the ``stops`` for which
    all closing marks behind the cursor are the user's own.
    """

    kind: Kind
    context: HoleContext
    stops: Stops
    closed_stops: Stops
    header: str = ""
    block: Stops | None = None

    def stop_of(self, middle: str) -> int | None:
        """Return the offset at which ``middle`` should end; None while it may go on."""
        if self.kind == "block":
            return self.stops.block_stop(middle)
        if self.block is not None and middle.startswith(self.header):
            return self._block_stop(middle)
        stop = self.stops.statement_stop(middle)
        if self.kind == "line":
            line_break = middle.find("\n")
            return min(
                (offset for offset in (stop, line_break) if offset is not None and offset >= 0), default=None
            )
        if stop is not None and self._begins_statement() and middle[:stop].rstrip().endswith((":", "{")):
            self.header = middle[:stop]
            context = self.context
            self.block = stops_at(context.language, context.prefix + self.header, context.suffix)
            return self._block_stop(middle)
        return stop

    def _begins_statement(self) -> bool:
        prefix = self.context.prefix
        return not prefix[prefix.rfind("\n") + 1 :].strip()

    def _block_stop(self, middle: str) -> int | None:
        assert self.block is not None
        stop = self.block.block_stop(middle[len(self.header) :])
        return None if stop is None else len(self.header) + stop

    def whole_part(self, middle: str) -> str:
        """Return the part to keep of a middle that the limit of tokens cut short.

        That part has nothing that it leaves open itself, and no half line after whole ones.
        """
        if self.kind == "line" or "\n" not in middle:
            return middle[: whole_element_stop(self.stops.frame, middle)]
        return middle[: whole_line_stop(self.stops.frame, middle)]

    def prose_in(self, middle: str) -> tuple[Span, ...]:
        """Return the spans of the comments and docstrings of ``middle``."""
        return prose_in(self.stops.frame, middle)

    @property
    def may_have_docstring(self) -> bool:
        """True if a middle may begin, or go on behind its header, with a docstring."""
        return self.context.language == "python" and self.kind != "line"

    def docstring_in(self, middle: str) -> Span | None:
        """Return the docstring that the block of ``middle`` begins with, as far as it is written; None if
        none.
        """
        is_block = self.kind == "block" or (self.block is not None and middle.startswith(self.header))
        if not self.may_have_docstring or not is_block:
            return None
        return docstring_at(middle, len(self.header))


def extent_of(context: HoleContext, lines: Lines) -> Extent:
    """Return the extent at a hole.

    It is a line in prose or if the user's text stands to the right, a block where one begins, else one
    statement.
    """
    stops, closed_stops = open_stops_of(context.excerpt), stops_of(context.excerpt)
    in_prose = context.hole.kind in ("string", "comment")
    is_text_behind = bool(rest_of_line(context.suffix).strip())
    is_user_text = is_text_behind and stops.frame.auto_closed is None
    kind: Kind = "statement"
    if is_user_text or in_prose or lines == "single":
        kind = "line"
    elif not is_text_behind and (lines == "multi" or is_multiline_place(context.excerpt)):
        kind = "block"
    return Extent(kind, context, stops, closed_stops)
