"""Decide whether the line at the cursor, with only its indentation so far, may be indented further.

A small model often indents further if retrieved code stands at another level. In Python that is an error, or
a matter of taste that the user has decided: the cursor stands where the statement is to begin.
"""

from functools import lru_cache

from holesmith.analysis.syntax.languages.language_rules import OPENERS
from holesmith.completion.hole_context import HoleContext
from holesmith.engine.vocabulary.vocabulary import Vocabulary


def is_indented(context: HoleContext) -> bool:
    """True if the text before the hole ends with all the indentation that its last line can have."""
    prefix = context.prefix
    before, _, line = prefix.rpartition("\n")
    if context.language != "python" or not line or line.strip():
        return False
    excerpt = context.excerpt
    if excerpt.open_literal is not None:
        return False
    # The line above is that of the last code, not of a comment behind it or below it.
    code = next((each for each in reversed(excerpt.tokens) if each.kind not in ("newline", "comment")), None)
    above = prefix[prefix.rfind("\n", 0, code.start) + 1 : code.stop].expandtabs() if code is not None else ""
    width, width_above = len(line.expandtabs()), len(above) - len(above.lstrip())
    if above.endswith(":") or (excerpt.open_tokens and above.endswith(tuple(OPENERS))):
        return width > width_above
    return width == width_above if excerpt.open_tokens else not before.rstrip().endswith("\\")


@lru_cache(maxsize=32)
def deeper_tokens(vocabulary: Vocabulary, indentation: str) -> frozenset[int]:
    """Return the tokens that would indent a line further: they spell ``indentation`` and more of it."""
    deeper = tuple((indentation + each).encode() for each in " \t")
    return frozenset(
        token_id for token_id, spelling in enumerate(vocabulary.bytes_by_id) if spelling.startswith(deeper)
    )
