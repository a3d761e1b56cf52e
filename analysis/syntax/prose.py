"""The prose in generated text: comments and docstrings, which can be worded in many right ways."""

import re

from holesmith.analysis.syntax.hole_frame import HoleFrame, quote_of, walk
from holesmith.analysis.syntax.lexer import Token
from holesmith.analysis.syntax.span import Span

_DOCSTRING = re.compile(r"\s*[rR]?(\"\"\"|''')")


def prose_in(frame: HoleFrame, middle: str) -> tuple[Span, ...]:
    """Return the comments and docstrings of ``middle``, including one that the hole is in."""
    spans: list[Span] = []
    before: Token | None = None
    is_line_blank = not frame.line.strip()
    tokens = [token for token, _ in walk(frame, middle)]
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        is_alone = before.kind == "newline" if before is not None else is_line_blank or token.start < 0
        is_last = after is None or after.kind in ("newline", "comment")
        is_docstring = token.kind == "string" and is_alone and is_last and len(quote_of(token.text)) == 3
        if token.kind == "comment" or is_docstring:
            spans.append(Span(max(token.start, 0), token.stop))
        before = token
    return tuple(spans)


def docstring_at(text: str, start: int = 0) -> Span | None:
    """Return the Python docstring at ``start``, as far as it is written; None if there is none."""
    found = _DOCSTRING.match(text, start)
    if found is None:
        return None
    stop = text.find(found[1], found.end())
    return Span(start, len(text) if stop < 0 else stop + len(found[1]))
