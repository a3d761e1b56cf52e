"""The blocks around the cursor, told by indentation: half-written code has no better."""

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.analysis.syntax.language_rules import lexicon_of
from holesmith.analysis.syntax.lexer import tokenize

WORDS_CHARACTERS_MAX = 24_000
_MARGIN = re.compile(r"^(?:async def|def|class)\b", re.MULTILINE)
_LOOP = re.compile(r"\s*(?:async for|for|while)\b")
_CONDITION = re.compile(r"\s*(?:if|elif|else|try|except)\b(?![ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:)")
"""Blocks in which a program imports what may not be there: other versions, optional packages."""


def is_conditional(text: str) -> bool:
    """Whether the block of the last line is run, or finished, on some systems only."""
    *above, last = text.split("\n")
    indentation = len(last) - len(last.lstrip())
    for line in reversed(above):
        if line.strip() and len(line) - len(line.lstrip()) < indentation:
            return _CONDITION.match(line) is not None
    return False


@lru_cache(maxsize=2)
def excerpt_before(language: str, before: str) -> Excerpt:
    """What is known of the text before the cursor, which several parts of a completion look at."""
    return excerpt_at(language, before, "")


def words_around(language: str, before: str, after: str) -> frozenset[str]:
    """The bare names in the definition at the left margin that the cursor is in: all before the cursor, and
    those behind it too if it is in a loop, which may have bound them in an earlier turn.
    """
    start = max((found.start() for found in _MARGIN.finditer(before)), default=0)
    start = max(start, len(before) - WORDS_CHARACTERS_MAX)
    tokens = excerpt_before(language, before).tokens
    first = bisect_left(tokens, start, key=attrgetter("start"))
    text = before[start:]
    if _is_in_loop(text):
        margin = _MARGIN.search(after)
        text += after[: min(margin.start() if margin else len(after), WORDS_CHARACTERS_MAX)]
        tokens, first = tokenize(lexicon_of(language), text), 0
    found: set[str] = set()
    lead = ""
    for token in islice(tokens, first, None):
        if token.kind == "word" and lead != ".":
            found.add(token.text)
        lead = token.text
    return frozenset(found)


def _is_in_loop(before: str) -> bool:
    """Whether a block around the last line is that of a loop; of an empty line any block may be around it."""
    *above, last = before.split("\n")
    margin = len(last) - len(last.lstrip()) if last else len(before)
    for line in reversed(above):
        indentation = len(line) - len(line.lstrip())
        if line.strip() and indentation < margin:
            if _LOOP.match(line):
                return True
            margin = indentation
    return False
