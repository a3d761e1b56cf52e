"""The end of a completion: that of the statement, or of the block, that the hole is in.

``Stops`` is made once for a hole and asked after each generated line. Its answer depends on the middle alone
and costs one lexing of the middle. An offset counts code points of the middle, and the text behind the offset
does not belong to the completion: for the hole in ``f(‸)`` the middle ``a) + b`` stops at 1, because the
suffix has the bracket. None means that the statement or block may still go on.
"""

from dataclasses import dataclass

from holesmith.analysis.syntax.auto_closed import auto_closed_at
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

_VALUE_ENDS = frozenset(("word", "number", "string", "close"))


@dataclass(frozen=True, slots=True)
class Replaced:
    """The characters behind the hole that a completion replaces because it brings these marks itself.

    ``size`` is their number. ``closed_at`` is the end of the last of these marks in the completion.
    """

    size: int
    closed_at: int


@dataclass(frozen=True, slots=True)
class Stops:
    """The stops of all middles of one hole."""

    frame: HoleFrame

    def statement_stop(self, middle: str) -> int | None:
        """Return the end of the statement.

        The statement ends with its line, or with a later line while a bracket or a literal is open. A closing
        bracket or quote that the suffix already has ends the statement too.
        """
        if self.frame.auto_closed is not None:
            return self._auto_closed_stop(middle)
        last: Token | None = None
        for token, brackets in walk(self.frame, middle):
            if brackets is None:
                return _end(last)
            if token.kind != "newline":
                last = token
            elif (not brackets or brackets[-1].is_block) and not self._is_dangling(last):
                return _end(last)
        return None

    def _auto_closed_stop(self, middle: str) -> int | None:
        """Return the same for closing marks behind the hole that count as absent.

        The middle need not close them. So the statement also ends with a line that is whole, if the next line
        does not continue the expression. But it goes on over a block, such as a function's, as long as a
        bracket around that block is open.
        """
        assert self.frame.auto_closed is not None
        outer = len(self.frame.unowned) - len(self.frame.auto_closed.brackets)
        floor = len(self.frame.unowned)
        last: Token | None = None
        ended: int | None = None
        for token, brackets in walk(self.frame, middle):
            if ended is not None and token.kind not in ("newline", "comment"):
                if not self._continues(token, middle):
                    return None if self._may_grow(token, len(middle)) else ended
                ended = None
            if brackets is None:
                return _end(last)
            floor = min(floor, len(brackets))
            if (
                last is None
                and floor > outer
                and _is_line_comment(token)
                and "\n" not in middle[: token.start]
            ):
                return 0  # such a comment says nothing about the expression, and would hide the closing marks
            if token.kind != "newline":
                last = last if token.kind == "comment" and floor > outer else token
            elif floor > outer:
                ended = _end(last) if len(brackets) == floor and self._may_end_line(last) else ended
            elif (not brackets or brackets[-1].is_block) and not self._is_dangling(last):
                return _end(last)
        return None

    def behind_closed(self, text: str) -> Replaced | None:
        """Return the closing marks behind the hole that a completion contains and therefore replaces.

        None if a bracket of the completion closes one around an open one, such as ``)`` in ``f([``: the
        completion then lacks a mark that would be replaced.
        """
        auto_closed = self.frame.auto_closed
        if auto_closed is None:
            return Replaced(0, len(text))
        left = list(self.frame.unowned)
        depth = floor = len(left)
        is_quote_closed, closed_at = False, 0
        for token, brackets in walk(self.frame, text):
            if brackets is None:
                break
            if token.start < 0 and token.is_closed:
                is_quote_closed, closed_at = True, token.stop
            if len(brackets) < floor:
                if len(brackets) < depth - 1:
                    return None
                floor, closed_at = len(brackets), token.stop
            left, depth = brackets, len(brackets)
        openers = [bracket.opener for bracket in left]
        closed = len(self.frame.unowned) - floor
        size = auto_closed.replaced(openers, closed, is_quote_closed=is_quote_closed)
        return Replaced(size, closed_at)

    def last_comment(self, text: str) -> int | None:
        """Return the start of the comment that ``text`` ends in on its last line; None if it ends in none."""
        tokens = [token for token, _ in walk(self.frame, text)]
        last = tokens[-1] if tokens else None
        if last is None or last.start < 0 or last.stop < len(text) or not _is_line_comment(last):
            return None
        return last.start

    def block_stop(self, middle: str) -> int | None:
        """Return the end of the block around the hole, or of the block that the hole's statement opens."""
        if self.frame.rules.layout == "braces":
            return braced_block_stop(self.frame, middle)
        return indented_block_stop(self.frame, middle)

    def _continues(self, token: Token, middle: str) -> bool:
        """True if a line that begins with ``token`` goes on with the expression of the line before it."""
        if token.text in self._continuing_words:
            column = indentation(middle, line_start(middle, token.start))
            return column > self.frame.statement_column  # further left it may be a statement of its own
        return token.kind in ("operator", "close")

    @property
    def _continuing_words(self) -> frozenset[str]:
        """The words with which an expression in a bracket may go on at the beginning of a line."""
        return self.frame.rules.word_operators | {"as", "for"}

    def _may_end_line(self, last: Token | None) -> bool:
        return last is not None and last.kind in _VALUE_ENDS and last.text not in self._continuing_words

    def _may_grow(self, token: Token, length: int) -> bool:
        return token.stop == length and any(word.startswith(token.text) for word in self._continuing_words)

    def _is_dangling(self, last: Token | None) -> bool:
        rules = self.frame.rules
        if rules.layout != "braces" or last is None:
            return False
        signs = (rules.continuing_operators, rules.assignments, rules.member_operators)
        return any(last.text in each for each in signs)


def _end(last: Token | None) -> int:
    return max(last.stop, 0) if last else 0


def _is_line_comment(token: Token) -> bool:
    return token.kind == "comment" and not token.text.startswith("/*")


def stops_at(language: str, prefix: str, suffix: str) -> Stops:
    """Make the stops of a hole.

    It costs one lexing of the excerpt around it, some milliseconds in a long file.
    """
    return stops_of(excerpt_at(language, prefix, suffix))


def stops_of(excerpt: Excerpt) -> Stops:
    """Make the stops of a hole from its excerpt."""
    return Stops(hole_frame_of(excerpt))


def open_stops_of(excerpt: Excerpt) -> Stops:
    """Make the stops of a hole as if the editor had closed no bracket or quote behind it."""
    return Stops(hole_frame_of(excerpt, auto_closed_at(excerpt)))


def is_multiline_place(excerpt: Excerpt) -> bool:
    """True if a block without any statement begins at the hole.

    The hole then stands after the block's opener, or on the empty line behind the opener, its comments and
    its docstring.
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
