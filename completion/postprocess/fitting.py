"""Fit a finished middle into its line: text right of the cursor is neither doubled nor lost.

Closing marks that an editor set behind the cursor by itself are replaced if the middle has them and goes on
behind them; everything else behind the cursor stays. With `f(‸)` and the middle `a).b`, the result is `a).b`
in place of the editor's bracket.
"""

import re
from dataclasses import dataclass, replace

from holesmith.completion.postprocess.extent import Extent
from holesmith.completion.postprocess.shaping import TRAILING, Shaped, rest_of_line, shape

TWICE = "the rest of the word at the cursor would stand there twice"
COMMENT_IN_FRONT = "a comment would hide what stands right of the cursor"
_WORD = re.compile(r"\w+")
NOTHING_NEW = "the text right of the cursor already says this"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A shaped text that fits: ``shaped.text`` replaces ``replaced`` characters behind the cursor."""

    shaped: Shaped
    replaced: int = 0


def fit(middle: str, extent: Extent, level: str | None = None) -> Fitted:
    """Fit a middle into its line.

    ``middle`` and ``level`` are as for `shape`.
    """
    word = _rest_of_word(extent)
    if word:
        return _over_word(middle, extent, level, word)
    fitted = _over_closing_marks(middle, extent, level)
    if fitted is not None:
        return fitted
    line = middle.partition("\n")[0]
    return Fitted(_shaped(line[: extent.closed_stops.statement_stop(line)], extent, level))


def _rest_of_word(extent: Extent) -> str:
    """Return the part of the word at the cursor that stands behind the cursor."""
    begun, rest = _WORD.match(extent.context.prefix[-1:]), _WORD.match(extent.context.suffix)
    return rest[0] if begun is not None and rest is not None else ""


def _over_word(middle: str, extent: Extent, level: str | None, word: str) -> Fitted:
    """Put the middle in place of the rest of the word, if no other text would then stand there twice."""
    shaped = _shaped(middle, extent, level, len(word))
    rest = rest_of_line(extent.context.suffix[len(word) :])
    if shaped.text == word:
        return Fitted(Shaped("", NOTHING_NEW))
    goes_on = shaped.text and _WORD.fullmatch(shaped.text) is None
    is_same_rest = middle[shaped.kept :].strip() == rest.strip()
    if goes_on and not is_same_rest and not TRAILING.issuperset(rest.strip()):
        return Fitted(Shaped("", TWICE))
    return Fitted(shaped, len(word) if shaped.text else 0)


def _over_closing_marks(middle: str, extent: Extent, level: str | None) -> Fitted | None:
    """Put the middle in place of the closing marks; None if the text behind its marks does not fit there."""
    whole = extent.stops.behind_closed(middle)
    if whole is None:
        return None
    replaced = whole.size
    shaped = _shaped(middle, extent, level, replaced)
    if not replaced:
        return Fitted(shaped)
    kept = middle[: shaped.kept]
    behind = extent.stops.behind_closed(kept)
    if not shaped.text or behind is None or behind.size != replaced:
        return None
    if behind.closed_at == len(kept):
        marks = extent.context.suffix[:replaced].strip()
        is_line = "\n" not in shaped.text and shaped.text.endswith(marks)
        return Fitted(_without_end(shaped, len(marks))) if is_line else Fitted(shaped, replaced)
    auto_closed = extent.stops.frame.auto_closed
    assert auto_closed is not None
    # The user's own end of the statement stays behind the marks only if the middle ends in the same way.
    is_same_end = middle[shaped.kept :].strip().endswith(auto_closed.end)
    return Fitted(shaped, replaced) if is_same_end else None


def _without_end(shaped: Shaped, size: int) -> Shaped:
    text = shaped.text[:-size].rstrip()
    return replace(shaped, text=text, kept=shaped.kept - size) if text else Shaped("", NOTHING_NEW)


def _shaped(middle: str, extent: Extent, level: str | None, replaced: int = 0) -> Shaped:
    suffix = extent.context.suffix[replaced:]
    if rest_of_line(suffix).strip():
        comment = extent.stops.last_comment(middle)
        if comment is not None:
            middle = middle[:comment].rstrip()
            if not middle:
                return Shaped("", COMMENT_IN_FRONT)
    return shape(middle, extent.context.prefix, suffix, level)
