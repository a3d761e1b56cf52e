"""Whether the line at the cursor, so far nothing but its indentation, may be indented any further.

A small model often does, where retrieved code stands at another level. In Python that is an error, or would
be a matter of taste that the user has decided: the cursor stands where the statement is to begin.
"""

from functools import lru_cache

from holesmith.analysis.syntax.languages.language_rules import OPENERS
from holesmith.completion.hole_context import HoleContext
from holesmith.engine.vocabulary.vocabulary import Vocabulary


def is_indented(context: HoleContext) -> bool:
    """Whether the text before the hole ends with all the indentation that its last line can have."""
    prefix = context.prefix
    before, _, line = prefix.rpartition("\n")
    if context.language != "python" or not line or line.strip():
        return False
    excerpt = context.excerpt
    if excerpt.open_literal is not None:
        return False
    # Of the code above, not of a comment behind it or below it.
    code = next((each for each in reversed(excerpt.tokens) if each.kind not in ("newline", "comment")), None)
    above = prefix[prefix.rfind("\n", 0, code.start) + 1 : code.stop].expandtabs() if code is not None else ""
    width, width_above = len(line.expandtabs()), len(above) - len(above.lstrip())
    if above.endswith(":") or (excerpt.open_tokens and above.endswith(tuple(OPENERS))):
        return width > width_above
    return width == width_above if excerpt.open_tokens else not before.rstrip().endswith("\\")


@lru_cache(maxsize=32)
def deeper_tokens(vocabulary: Vocabulary, indentation: str) -> frozenset[int]:
    """The tokens with which a line would be indented further: they spell ``indentation`` and more of it."""
    deeper = tuple((indentation + each).encode() for each in " \t")
    return frozenset(
        token_id for token_id, spelling in enumerate(vocabulary.bytes_by_id) if spelling.startswith(deeper)
    )
