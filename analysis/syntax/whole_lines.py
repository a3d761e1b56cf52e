"""The end of a text that was cut short: behind a line that leaves nothing open that the text opened.

Brackets and literals that were open before the text may stay open: the user opened them, or the text behind
the hole closes them.
"""

from collections.abc import Iterator

from holesmith.analysis.syntax.excerpt import indentation, line_start
from holesmith.analysis.syntax.hole_frame import HoleFrame, walk
from holesmith.analysis.syntax.lexer import Token

# Tokens behind which the expression or the declaration has to go on.
_INCOMPLETE = frozenset(
    ("=", "+", "-", "*", "/", "%", "&&", "||", "??", "?", ".", "|", "&", "=>", "->", "+=", "-=", ":=", "::")
)
_UNFINISHED_WORDS = frozenset(("and", "in", "is", "not", "or", "return", "else", "new", "await"))


def whole_line_stop(frame: HoleFrame, middle: str) -> int:
    """Return the end of the last line that leaves nothing open; 0 if there is none."""
    return max(_stops(frame, middle), default=0)


def whole_element_stop(frame: HoleFrame, middle: str) -> int:
    """Return the end of the last whole element on the line of the hole; all of ``middle`` if nothing is open.

    An element is an argument or a part of a list, in a bracket that was open before. 0 if there is none.
    """
    floor, stop, is_open = len(frame.unowned), 0, False
    last: Token | None = None
    for token, brackets in walk(frame, middle):
        if brackets is None:
            break
        floor = min(floor, len(brackets))
        is_open = len(brackets) > floor or _is_open_literal(token)
        if token.text == "," and not is_open and floor and not frame.unowned[floor - 1].is_block:
            stop = last.stop if last is not None else 0
        last = token
    return stop if is_open else len(middle)


def _stops(frame: HoleFrame, middle: str) -> Iterator[int]:
    floor = len(frame.unowned)
    is_indented = frame.rules.layout == "indentation"
    open_tries: set[int] = set()
    line: list[Token] = []
    for token, brackets in walk(frame, middle):
        if brackets is None:
            return
        floor = min(floor, len(brackets))
        if token.kind == "comment":
            continue
        if token.kind != "newline":
            line.append(token)
        elif len(brackets) == floor and line:
            if is_indented:
                _note_try(frame, middle, line, open_tries)
            if not (open_tries or _is_unfinished(line, is_indented=is_indented)):
                yield max(line[-1].stop, 0)
            line = []


def _note_try(frame: HoleFrame, middle: str, line: list[Token], open_tries: set[int]) -> None:
    """Note a ``try`` as open in its column, until a handler stands in that column."""
    start = line_start(middle, max(line[0].start, 0))
    column = indentation(middle[start:] if start else frame.line + middle)
    if line[0].text == "try":
        open_tries.add(column)
    elif line[0].text in ("except", "finally"):
        open_tries.discard(column)


def _is_unfinished(line: list[Token], *, is_indented: bool) -> bool:
    """True if a line can't be the last: a header, a decorator, an expression that goes on, an open string."""
    last = line[-1]
    if any(_is_open_literal(token) for token in line) or last.text in _UNFINISHED_WORDS | _INCOMPLETE:
        return True
    return is_indented and (line[0].text == "@" or last.text == ":")


def _is_open_literal(token: Token) -> bool:
    """True for a string that the text itself has opened."""
    return token.kind == "string" and not token.is_closed and token.start >= 0
