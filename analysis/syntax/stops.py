"""Where a completion ends: the statement, or the block, that the hole is in.

``Stops`` is made once for a hole and asked after each generated line; an answer depends on the middle
alone and costs one lexing of it. An offset counts code points of the middle, and what lies behind it
does not belong to the completion. None means that the statement or block may still go on.
"""

from dataclasses import dataclass

from holesmith.analysis.syntax.block_end import braced_block_stop, indented_block_stop
from holesmith.analysis.syntax.excerpt import (
    Excerpt,
    excerpt_at,
    indentation,
    line_start,
    opens_block,
    significant_backwards,
)
from holesmith.analysis.syntax.hole_frame import (
    HoleFrame,
    header_column,
    hole_frame_of,
    unowned_openers,
    walk,
)
from holesmith.analysis.syntax.lexer import Token


@dataclass(frozen=True, slots=True)
class Stops:
    """The two questions about one hole."""

    frame: HoleFrame

    def statement_stop(self, middle: str) -> int | None:
        """The end of the statement: of its line, or of a later one while a bracket or a literal is open.

        A closing bracket or quote that the suffix already has ends it too.
        """
        last: Token | None = None
        for token, brackets in walk(self.frame, middle):
            if brackets is None:
                return _end(last)
            if token.kind != "newline":
                last = token
            elif (not brackets or brackets[-1].is_block) and not self._is_dangling(last):
                return _end(last)
        return None

    def block_stop(self, middle: str) -> int | None:
        """The end of the block that the hole is in, or of the block that the statement at the hole opens."""
        if self.frame.rules.layout == "braces":
            return braced_block_stop(self.frame, middle)
        return indented_block_stop(self.frame, middle)

    def _is_dangling(self, last: Token | None) -> bool:
        rules = self.frame.rules
        if rules.layout != "braces" or last is None:
            return False
        signs = (rules.continuing_operators, rules.assignments, rules.member_operators)
        return any(last.text in each for each in signs)


def _end(last: Token | None) -> int:
    return max(last.stop, 0) if last else 0


def stops_at(language: str, prefix: str, suffix: str) -> Stops:
    """Costs one lexing of the excerpt around the hole: some milliseconds in a long file."""
    return stops_of(excerpt_at(language, prefix, suffix))


def stops_of(excerpt: Excerpt) -> Stops:
    return Stops(hole_frame_of(excerpt))


def is_multiline_place(excerpt: Excerpt) -> bool:
    """Whether the hole stands where a block begins that has no statement yet: after its opener, or on the
    empty line behind the opener, its comments and its docstring.
    """
    suffix = excerpt.suffix
    rest_of_line = suffix[: _line_end(suffix)]
    if rest_of_line.strip() or excerpt.open_literal:
        return False
    behind = suffix.lstrip()
    if excerpt.rules.layout == "indentation":
        column = header_column(excerpt)
        is_blank = not excerpt.line.strip() or excerpt.line.rstrip().endswith(":")
        if column is None or not is_blank:
            return False
        next_column = indentation(suffix, line_start(suffix, len(suffix) - len(behind)))
        return not behind or next_column <= column
    before = next(significant_backwards(excerpt.tokens, len(excerpt.tokens)), None)
    if (
        before is None
        or before not in excerpt.open_tokens
        or not opens_block(excerpt.rules, excerpt.tokens, before)
    ):
        return False
    if excerpt.line.strip() and not excerpt.line.rstrip().endswith("{"):
        return False
    return behind[:1] in ("", "}") or before in unowned_openers(excerpt)


def _line_end(text: str) -> int:
    ends = [end for end in (text.find("\n"), text.find("\r")) if end >= 0]
    return min(ends, default=len(text))
