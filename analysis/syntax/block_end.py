"""The end of a block in a generated middle, for both layouts: by indentation and by braces.

Offsets and None have the meaning that they have in ``stops``.
"""

from dataclasses import dataclass
from functools import cache

from holesmith.analysis.syntax.excerpt import indentation
from holesmith.analysis.syntax.hole_frame import HoleFrame, walk
from holesmith.analysis.syntax.languages.language_rules import TERMINATOR, LanguageRules
from holesmith.analysis.syntax.lexer import Token

# Tokens that continue an expression behind the brace of a literal, a type or a pattern.
_AFTER_LITERAL = frozenset(
    ("[", "=", "as", "satisfies", "?", ":", "|", "&", "&&", "||", "??", "=>", "==", "===")
)
_AFTER_BRACE = _AFTER_LITERAL | frozenset((")", "]", ",", ";", "(", "}"))


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line of the middle, without its newline."""

    column: int
    first: Token | None
    stop: int
    opens_block: bool
    is_comment: bool


def indented_block_stop(frame: HoleFrame, middle: str) -> int | None:
    """Return the end of a block that is laid out by indentation.

    Comments to the left of the block belong to the block only if code of the block follows.
    """
    lines, is_closed_behind = _logical_lines(frame, middle)
    end = 0
    threshold: int | None = None
    clause_column: int | None = None
    if not frame.is_fresh_line:
        hole_line = lines.pop(0)
        end = hole_line.stop
        threshold = frame.statement_column
        if hole_line.opens_block:
            threshold, clause_column = threshold + 1, threshold
    for line in lines:
        if line.is_comment and (threshold is None or line.column < threshold):
            continue
        if threshold is None:
            if frame.header_column is not None and line.column <= frame.header_column:
                return 0
            threshold = line.column
        elif line.column < threshold:
            if line.column != clause_column or not _may_be_clause(frame, line, len(middle)):
                return end
            if not _is_clause(frame, line):
                return None
        end = line.stop
    return end if is_closed_behind else None


def _is_clause(frame: HoleFrame, line: _Line) -> bool:
    return line.first is not None and line.first.text in frame.rules.clause_words


def _may_be_clause(frame: HoleFrame, line: _Line, length: int) -> bool:
    """True if the line is a clause such as ``else:``, or ends the middle with a word that may become one."""
    if _is_clause(frame, line) or line.first is None:
        return True
    word = line.first
    return word.stop == length and any(clause.startswith(word.text) for clause in frame.rules.clause_words)


def _logical_lines(frame: HoleFrame, middle: str) -> tuple[list[_Line], bool]:
    """Return the lines with anything on them, and whether a token closes what the suffix closes already.

    If the hole is not on a fresh line, the first of them is the rest of the hole's line, even if that is
    empty.
    """
    lines: list[_Line] = []
    tokens: list[Token] = []
    is_closed_behind = False
    for token, brackets in walk(frame, middle):
        if brackets is None:
            is_closed_behind = True
            break
        if token.kind != "newline":
            tokens.append(token)
        elif not brackets and (tokens or not (lines or frame.is_fresh_line)):
            lines.append(_line(frame, middle, tokens))
            tokens = []
    if tokens or not (lines or frame.is_fresh_line):
        lines.append(_line(frame, middle, tokens))
    return lines, is_closed_behind


def _line(frame: HoleFrame, middle: str, tokens: list[Token]) -> _Line:
    code = [token for token in tokens if token.kind != "comment"]
    if not tokens:
        return _Line(frame.statement_column, None, 0, frame.header_column is not None, is_comment=False)
    start = max(middle.rfind("\n", 0, tokens[0].start), middle.rfind("\r", 0, tokens[0].start)) + 1
    text = middle[start:] if start else frame.line + middle
    opens = bool(code) and code[-1].text == ":"
    return _Line(indentation(text), tokens[0], tokens[-1].stop, opens, is_comment=not code)


def braced_block_stop(frame: HoleFrame, middle: str) -> int | None:
    """Return the end of a block that is laid out by braces.

    The completion ends with a block that the hole's own statement opens, or with the end of the block around
    it.
    """
    depth_of_block = max((depth for depth, each in enumerate(frame.unowned, 1) if each.is_block), default=0)
    is_behind_opener = frame.lead == "{" and bool(frame.unowned) and frame.unowned[-1].is_block
    is_own_statement = not (frame.is_fresh_line or is_behind_opener)
    is_own_block_ended = False
    end = 0
    for token, brackets in walk(frame, middle):
        if brackets is None:
            return end
        if token.kind == "newline":
            continue
        is_rest_of_template = token.kind == "string" and token.start == end
        if is_own_block_ended and not is_rest_of_template and not _may_follow_brace(frame.rules, token):
            return None if _is_growing_clause(frame.rules, token, len(middle)) else end
        end = token.stop
        if len(brackets) < depth_of_block:
            return end
        is_at_statement_level = is_own_statement and len(brackets) == depth_of_block
        is_own_block_ended = is_at_statement_level and token.text == "}"
        if is_at_statement_level and token.text == TERMINATOR:
            is_own_statement = False
    return None


def _may_follow_brace(rules: LanguageRules, token: Token) -> bool:
    return token.kind == "comment" or token.text in _after_brace(rules)


def _is_growing_clause(rules: LanguageRules, token: Token, length: int) -> bool:
    return token.stop == length and any(each.startswith(token.text) for each in _after_brace(rules))


@cache
def _after_brace(rules: LanguageRules) -> frozenset[str]:
    return _AFTER_BRACE | rules.clause_words | rules.member_operators
