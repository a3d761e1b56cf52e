"""The place of an argument that begins in a call: its number, its call, and the comma before it.

At ``f(a, b=1, ‸``, the callee is ``f``, ``positional`` is 1 and ``keywords`` is {"b"}.
"""

from dataclasses import dataclass

from holesmith.analysis.syntax.excerpt import Excerpt
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole, expression_before


@dataclass(frozen=True, slots=True)
class ArgumentPlace:
    """The place of one argument. Offsets are those of the excerpt's text.

    ``callee`` is the source text before the bracket. ``inside`` is the offset behind the bracket. ``comma``
    is the offset of the comma before the argument, None for the first argument. ``positional`` counts the
    arguments without a name before it; ``keywords`` are the names of the others.
    """

    callee: str
    inside: int
    comma: int | None
    positional: int
    keywords: frozenset[str]


def argument_place(excerpt: Excerpt) -> ArgumentPlace | None:
    """Return the place of the argument that begins at the end of the excerpt.

    None if no argument begins there, or if the arguments before it cannot be counted: one is unpacked, or has
    commas of its own.
    """
    if not excerpt.open_tokens:
        return None
    view = TokensBeforeHole(excerpt, len(excerpt.tokens))
    opener = excerpt.tokens[excerpt.open_tokens[-1]]
    callee = expression_before(excerpt.rules, excerpt.tokens, excerpt.open_tokens[-1])
    if opener.text != "(" or callee is None or (view.before is not None and view.before.text != ","):
        return None
    keywords: set[str] = set()
    positional = 0
    words: list[str] = []
    for token in view.level():
        if token.text != ",":
            words.append(token.text)
            continue
        if not words or words[0] in ("*", "**") or "for" in words or "lambda" in words:
            return None
        is_named = words[1:2] == ["="]
        keywords |= {words[0]} if is_named else set()
        positional += not is_named
        words = []
    comma = view.before.start if view.before is not None else None
    return ArgumentPlace(callee.of(excerpt.prefix), opener.stop, comma, positional, frozenset(keywords))
