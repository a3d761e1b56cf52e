"""Closing marks behind the cursor that an editor inserted, and the part of them that a completion replaces.

In ``if isinstance(scope, ‸)`` the editor wrote the bracket, and what belongs behind it, the colon, is still
missing. So the brackets and the quote at the end of such a line count as open, and the middle may close them
itself and go on. Only the innermost brackets are held open, and none that encloses statements or that ends an
expression inside a literal.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holesmith.analysis.syntax.brackets import closers_of
from holesmith.analysis.syntax.excerpt import Excerpt, opens_block
from holesmith.analysis.syntax.languages.language_rules import CLOSER_OF

CLOSERS_MAX = 8
"""More closing marks than these in a row are taken for the user's own."""
_MARKS = re.compile(r"[ \t]*(?P<quote>[\"'`]?)(?P<closers>[ \t)\]}]*)(?P<end>[^\s\"'`)\]}]*|\{\})[ \t\r]*")


@dataclass(frozen=True, slots=True)
class AutoClosed:
    """The rest of the cursor's line, which begins with closing marks.

    ``brackets`` are the indices of the tokens before the cursor that these marks close, innermost first;
    ``stops`` are the ends of the closing brackets in ``text``. ``quote_stop`` is the end of the quote that
    closes the literal at the cursor, 0 without a literal. ``end`` is the text behind the closing marks, such
    as ``:``; mostly "".
    """

    text: str
    brackets: tuple[int, ...]
    closers: tuple[str, ...]
    stops: tuple[int, ...]
    quote_stop: int
    end: str

    def replaced(self, open_openers: Sequence[str], closed_count: int, *, is_quote_closed: bool) -> int:
        """Count the characters of ``text`` that a middle replaces.

        They are the fewest that leave every bracket closed once.

        ``open_openers`` are the brackets open at the end of the middle, outermost first. ``closed_count`` is
        the number of brackets open at the cursor that the middle has closed.
        """
        if self.quote_stop and not is_quote_closed:
            return 0
        wanted = closers_of(open_openers)
        for count in range(min(len(self.closers), closed_count) + 1):
            if wanted.startswith("".join(self.closers[count:])):
                return self.stops[count - 1] if count else self.quote_stop
        return 0


def auto_closed_at(excerpt: Excerpt) -> AutoClosed | None:
    """Find the closing marks behind the cursor.

    None if the rest of the line has no closing marks, or more than those and the end of a statement.
    """
    suffix = excerpt.suffix
    rest = suffix[: next(iter(_line_ends(suffix)), len(suffix))]
    found = _MARKS.fullmatch(rest)
    if found is None or not _is_end(excerpt, found["end"]):
        return None
    quote, literal = found["quote"], excerpt.open_literal
    if bool(quote) != (literal is not None) or (literal is not None and not _closes(quote, literal.text)):
        return None
    stops = [at + 1 for at in range(*found.span("closers")) if not rest[at].isspace()]
    closers = [rest[stop - 1] for stop in stops]
    held = excerpt.open_tokens[::-1][: len(closers)]
    if not 0 < len(closers) + len(quote) <= CLOSERS_MAX or not _fit(excerpt, held, closers):
        return None
    quote_stop = found.end("quote") if quote else 0
    return AutoClosed(rest, tuple(held), tuple(closers), tuple(stops), quote_stop, found["end"])


def _line_ends(text: str) -> Iterable[int]:
    return sorted(end for end in (text.find("\n"), text.find("\r")) if end >= 0)


def _is_end(excerpt: Excerpt, end: str) -> bool:
    return not end or end in excerpt.rules.ends_behind_closers


def _closes(quote: str, literal: str) -> bool:
    """True if a quote closes a literal of one line.

    Other literals go on over several lines, and are prose.
    """
    opening = literal.lstrip("bBfFrRuUtTlL8$@")
    return opening.startswith(quote) and not opening.startswith(quote * 3) and quote != "`"


def _fit(excerpt: Excerpt, held: Sequence[int], closers: Sequence[str]) -> bool:
    return len(held) == len(closers) and all(
        CLOSER_OF[excerpt.tokens[index].text] == closer
        and not excerpt.tokens[index].is_interpolation
        and not opens_block(excerpt.rules, excerpt.tokens, index)
        for index, closer in zip(held, closers, strict=True)
    )
