"""The document around the generated text, and the blocks around the cursor.

Blocks are recognised by indentation: in half-written code there is nothing better.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from operator import attrgetter

from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.analysis.syntax.languages.python import PYTHON
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import tokenize

# Characters before and behind the cursor in which names are looked for.
WORDS_CHARACTERS_MAX = 24_000
_DEFINITIONS = sorted(word for word, kind in PYTHON.statement_kinds.items() if kind == "definition")
_MARGIN = re.compile(rf"^(?:async )?(?:{'|'.join(_DEFINITIONS)})\b", re.MULTILINE)
_LOOP = re.compile(r"\s*(?:async for|for|while)\b")
_CONDITION = re.compile(r"\s*(?:if|elif|else|try|except)\b(?![ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:)")
"""Blocks in which a program imports modules that may be missing: other versions, optional packages."""


@dataclass(frozen=True)
class Document:
    """The document without the generated text: the text before and behind the hole.

    ``lexed`` are the tokens of ``before`` if the maker has them already.
    """

    path: str | None
    language: str
    before: str
    after: str
    lexed: Excerpt | None = field(default=None, compare=False, repr=False)

    @cached_property
    def excerpt(self) -> Excerpt:
        """The tokens before the generated text. Lexing takes milliseconds in a long file."""
        return self.lexed or excerpt_at(self.language, self.before, "")


def is_conditional(text: str) -> bool:
    """True if the block of the last line is run, or finished, on some systems only."""
    *above, last = text.split("\n")
    indentation = len(last) - len(last.lstrip())
    for line in reversed(above):
        if line.strip() and len(line) - len(line.lstrip()) < indentation:
            return _CONDITION.match(line) is not None
    return False


def words_around(document: Document) -> frozenset[str]:
    """Return the bare names in the definition at the left margin around the cursor.

    These are all before the cursor, and also those behind it if it is in a loop, which may have bound them in
    an earlier turn.
    """
    language, before, after = document.language, document.before, document.after
    first_read = max(len(before) - WORDS_CHARACTERS_MAX, 0)
    start = max((found.start() for found in _MARGIN.finditer(before, first_read)), default=first_read)
    tokens = document.excerpt.tokens
    first = bisect_left(tokens, start, key=attrgetter("start"))
    text = before[start:]
    if _is_in_loop(text):
        margin = _MARGIN.search(after, 0, WORDS_CHARACTERS_MAX)
        text += after[: min(margin.start() if margin else len(after), WORDS_CHARACTERS_MAX)]
        tokens, first = tokenize(rules_of(language), text), 0
    found: set[str] = set()
    lead = ""
    for token in islice(tokens, first, None):
        if token.kind == "word" and lead != ".":
            found.add(token.text)
        lead = token.text
    return frozenset(found)


def _is_in_loop(before: str) -> bool:
    """True if a block around the last line is a loop. If that line is empty, any block above may be around
    it.
    """
    *above, last = before.split("\n")
    margin = len(last) - len(last.lstrip()) if last else len(before)
    for line in reversed(above):
        indentation = len(line) - len(line.lstrip())
        if line.strip() and indentation < margin:
            if _LOOP.match(line):
                return True
            margin = indentation
    return False
