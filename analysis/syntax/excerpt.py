"""The part of a file around the cursor that is enough to know the hole, as tokens.

A long prefix is cut where a statement begins at the left margin, so that no literal is cut in two. Without
such a place nothing is cut, unless the prefix is longer than any code that people write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from holesmith.analysis.syntax.brackets import open_brackets
from holesmith.analysis.syntax.languages.language_rules import LanguageRules
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import Token, tokenize

# Characters of an excerpt on each side: enough for the blocks around a hole, and lexed in milliseconds.
PREFIX_CHARACTERS = 24_000
SUFFIX_CHARACTERS = 24_000
UNCUT_CHARACTERS = 200_000
"""A prefix of this length without such a place is cut at the beginning of a line, or anywhere."""
TAB_WIDTH = 8
_LITERAL_LEADS = frozenset(
    ("(", "[", ",", ":", "return", "?", "in", "yield", "await", "]", "&", "??", "||")
)  # besides assignments


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text around the hole, with the tokens of its prefix.

    Token spans are offsets in the whole prefix.

    ``open_tokens`` are the brackets open at the cursor, outermost first, as indices of ``tokens``. ``is_cut``
    is True if a part of the prefix or of the suffix is left out.
    """

    rules: LanguageRules
    prefix: str
    suffix: str
    tokens: list[Token]
    open_tokens: list[int]
    is_cut: bool

    @property
    def line(self) -> str:
        """The text before the cursor on its line."""
        return self.prefix[line_start(self.prefix, len(self.prefix)) :]

    @property
    def openers(self) -> list[str]:
        """The texts of ``open_tokens``."""
        return [self.tokens[index].text for index in self.open_tokens]

    @property
    def open_literal(self) -> Token | None:
        """The string or comment that the cursor stands in; None if it stands in neither."""
        last = self.tokens[-1] if self.tokens else None
        return last if last and not last.is_closed and last.stop == len(self.prefix) else None


def excerpt_at(language: str, prefix: str, suffix: str) -> Excerpt:
    """Cut the excerpt around a hole and lex its prefix."""
    rules = rules_of(language)
    start = 0
    if len(prefix) > PREFIX_CHARACTERS:
        margin = _margin_statement(rules).search(prefix, len(prefix) - PREFIX_CHARACTERS)
        start = margin.start() if margin else _beginning_of_end(prefix)
    is_cut = start > 0 or len(suffix) > SUFFIX_CHARACTERS
    tokens = tokenize(rules, prefix, start)
    brackets = open_brackets(rules, tokens)
    return Excerpt(rules, prefix, suffix[:SUFFIX_CHARACTERS], tokens, brackets, is_cut)


@cache
def _margin_statement(rules: LanguageRules) -> re.Pattern[str]:
    keywords = "|".join(sorted(rules.margin_words)) or "(?!)"
    decorator = r"|@\w" if rules.has_decorators else ""
    return re.compile(rf"^(?:(?:{keywords})\b{decorator})", re.MULTILINE)


def _beginning_of_end(prefix: str) -> int:
    if len(prefix) <= UNCUT_CHARACTERS:
        return 0
    start = len(prefix) - PREFIX_CHARACTERS
    return prefix.find("\n", start) + 1 or start


def line_start(text: str, offset: int) -> int:
    """Return the offset at which the line of ``offset`` begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def indentation(text: str, offset: int = 0) -> int:
    """Return the column of the first non-blank character on the line that begins at ``offset``.

    A tab fills up to the next multiple of eight, as Python counts.
    """
    column = 0
    for character in text[offset:]:
        if character == "\t":
            column += TAB_WIDTH - column % TAB_WIDTH
        elif character in " \f":
            column += 1
        else:
            break
    return column


def significant_backwards(tokens: list[Token], stop: int) -> Iterator[int]:
    """Yield the indices below ``stop`` of tokens that are neither newline nor comment, last first."""
    for index in range(stop - 1, -1, -1):
        if tokens[index].kind not in ("newline", "comment"):
            yield index


def opens_block(rules: LanguageRules, tokens: list[Token], index: int, lead: str = "") -> bool:
    """True if the bracket at ``index`` begins a block of statements rather than a literal or a list.

    ``lead`` is the text of the token before the first of ``tokens``.
    """
    token = tokens[index]
    if rules.layout != "braces" or token.text != "{" or token.is_interpolation:
        return False
    before = next(significant_backwards(tokens, index), None)
    if before is None:
        return not _leads_literal(rules, lead)
    is_composite = rules.has_composite_literals and tokens[before].stop == token.start
    # In `new int[] {1}` the brace begins an array, but behind a return type, as in `f(): A[] {`, it begins
    # the body.
    is_body = tokens[before].text == "]" and rules.has_annotations
    return is_body or not (is_composite or _leads_literal(rules, tokens[before].text))


def _leads_literal(rules: LanguageRules, lead: str) -> bool:
    return lead in _LITERAL_LEADS or lead in rules.assignments
