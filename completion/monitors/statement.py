"""A statement that is being generated, and the syntax by which monitors find their places in it.

Invariants: all results come from the text up to a place only, so they don't depend on how the text was cut
into tokens. No place is found in strings, comments or numbers, nor where a name is being bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.analysis.syntax.hole import Hole, hole_of
from holesmith.analysis.syntax.languages.registry import RULES, rules_of
from holesmith.analysis.syntax.lexer import Token, tokenize
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole
from holesmith.completion.monitor_report import TriggerKind
from holesmith.completion.monitors.argument_place import ArgumentPlace
from holesmith.completion.monitors.document import Document, is_conditional

Use = Literal["certain", "tested", "possible", "bracketed"]
"""The use of a name in a place: "certain": it is used there. "tested": it is used, unless ``:=`` follows.
"possible": the text behind it tells whether it is bound there. "bracketed": a comprehension around it may
still bind it.
"""

MEMBER_SIGNS = frozenset(operator[-1] for rules in RULES for operator in rules.member_operators)
"""The last characters of the operators before a member: of ``.``, ``->`` and ``::``."""

# Characters before the statement that are kept to know the block around it.
CONTEXT_CHARACTERS = 2_000
# Tokens and characters. In a longer statement nothing fires: it is lexed again for each word, on the event
# loop.
STATEMENT_MAX = (4_000, 40_000)
# Texts whose tokens are cached: several monitors look at the same one.
LOOKS_MAX = 16
_WORD = re.compile(r"\w*")
# Possessive quantifiers give nothing back: the time is proportional to the length of the text, for any text.
_CASE = re.compile(r"(?:^|\n)[ \t]*+case[ \t]++(?:[\w.]++[ \t]*+\|[ \t]*+)*+(?:[\w.]+\.)?$")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A place in generated text at which a monitor fires.

    ``start`` is the offset at which the constrained text begins. ``seen`` is the length of the text that is
    needed to recognise the place. Both are offsets in the generated text. ``place`` is that of an argument;
    its offsets are in the generated text too, negative if they lie before it.
    """

    kind: TriggerKind
    start: int
    seen: int
    use: Use = "certain"
    place: ArgumentPlace | None = None


@dataclass(frozen=True, slots=True)
class NewCharacter:
    """The character ``text`` at ``offset`` of the generated text, and the character ``before`` it.

    ``begins_word``: the character is the first of an identifier, and no escape in a string that is not whole
    yet.
    """

    generated: str
    offset: int
    before: str
    text: str
    begins_word: bool

    @property
    def written(self) -> str:
        """The generated text before the character."""
        return self.generated[: self.offset]

    @property
    def through(self) -> str:
        """The generated text up to and with the character."""
        return self.generated[: self.offset + 1]


@dataclass(frozen=True, slots=True)
class Statement:
    """The ``text`` before the generated text, from the beginning of its statement on.

    ``context`` are some lines before that, enough to know the block that the statement is in. In a statement
    that ``is_too_long`` nothing fires, and ``text`` is empty.
    """

    language: str
    text: str
    context: str = ""
    is_too_long: bool = False

    def look(self, generated: str) -> tuple[Excerpt, Hole]:
        """Return the tokens of the statement so far, and the construct at its end."""
        return _look_at(self.language, self.text + generated)

    def is_conditional(self, generated: str) -> bool:
        """True if the statement is in a block that runs on some systems only."""
        return is_conditional(self.context + self.text + generated)

    def is_in_case(self, generated: str) -> bool:
        """True if a pattern, or the part of one behind a dot, comes next."""
        return _CASE.search(self.text + generated) is not None

    def is_pattern_place(self, new: NewCharacter) -> bool:
        """True if a new word is a pattern behind ``case``."""
        return new.before not in MEMBER_SIGNS and self.is_in_case(new.written)

    def is_used(self, generated: str, trigger: Trigger) -> bool | None:
        """True if the name at a trigger is used, False if it is bound; None if the
        text so far cannot tell.
        """
        if trigger.use == "certain":
            return True
        tokens, first = self._tokens_from(generated, trigger.start)
        following = next((token for token in tokens[first + 1 :] if token.kind != "comment"), None)
        if following is None:
            return None
        if following.text in ("=", ":="):
            return False
        if trigger.use == "tested":
            return True
        if trigger.use == "possible":
            return _is_used_before(following)
        return _is_used_in_brackets(tokens, first)

    def _tokens_from(self, generated: str, start: int) -> tuple[list[Token], int]:
        """Return the whole tokens of the statement, and the index of the one that begins at ``start``."""
        text = self.text + generated
        tokens = [
            token
            for token in tokenize(rules_of(self.language), text)
            if token.stop < len(text) or token.kind in ("open", "close", "newline")
        ]
        at = len(self.text) + start
        return tokens, next((i for i, token in enumerate(tokens) if token.start >= at), len(tokens))


@lru_cache(maxsize=LOOKS_MAX)
def _look_at(language: str, text: str) -> tuple[Excerpt, Hole]:
    """Lex and analyse a text; cached, because several monitors look at the same text, and often."""
    excerpt = excerpt_at(language, text, "")
    return excerpt, hole_of(excerpt)


def statement_before(document: Document) -> Statement:
    """Return the statement around the end of the document's text before the generated text."""
    language, before, excerpt = document.language, document.before, document.excerpt
    literal = excerpt.open_literal
    outer = next((i for i in excerpt.open_tokens if _is_in_statement(excerpt, i)), len(excerpt.tokens))
    if literal is not None:
        outer = min(outer, len(excerpt.tokens) - 1)
    first = TokensBeforeHole(excerpt, outer).start
    start = excerpt.tokens[first].start if first < len(excerpt.tokens) else len(before)
    if len(excerpt.tokens) - first > STATEMENT_MAX[0] or len(before) - start > STATEMENT_MAX[1]:
        return Statement(language, "", is_too_long=True)
    return Statement(language, before[start:], before[max(start - CONTEXT_CHARACTERS, 0) : start])


def new_characters(statement: Statement, generated: str, known: int) -> Iterator[NewCharacter]:
    """Yield the characters of ``generated[known:]`` at which a monitor may fire: none inside a word."""
    if statement.is_too_long:
        return
    before = generated[known - 1] if known else statement.text[-1:]
    for offset, text in enumerate(generated[known:], known):
        if not (before.isidentifier() and text.isidentifier()):
            begins_word = is_word_start(text, before) and before != "\\"
            yield NewCharacter(generated, offset, before, text, begins_word)
        before = text


def word_at(text: str, start: int) -> str:
    """Return the identifier at ``start``, or the part of it that is written so far."""
    found = _WORD.match(text, start)
    return found[0] if found is not None else ""


def is_whole(text: str, start: int) -> bool:
    """True if something is written behind the identifier at ``start``."""
    return start + len(word_at(text, start)) < len(text)


def is_word_start(character: str, before: str) -> bool:
    """True if an identifier begins with ``character``, which follows ``before``."""
    return character.isidentifier() and not (before.isidentifier() or before.isdecimal())


def word_start(text: str, stop: int) -> int:
    """Return the offset at which the identifier that ends at ``stop`` begins."""
    while stop > 0 and (text[stop - 1].isidentifier() or text[stop - 1].isdecimal()):
        stop -= 1
    return stop


def is_called_value(excerpt: Excerpt) -> bool:
    """True if the statement is or uses an expression: no class, function, decorator or pattern."""
    opener = excerpt.open_tokens[0] if excerpt.open_tokens else len(excerpt.tokens)
    first = TokensBeforeHole(excerpt, opener).start
    return first < len(excerpt.tokens) and excerpt.tokens[first].text not in ("class", "def", "@", "case")


def _is_in_statement(excerpt: Excerpt, index: int) -> bool:
    view = TokensBeforeHole(excerpt, index + 1)
    return not view.is_block


def binds(excerpt: Excerpt) -> bool:
    """True if a word at the end is a name that the statement binds, or a part of a pattern."""
    tokens = [token for token in excerpt.tokens if token.kind not in ("newline", "comment")]
    if not tokens:
        return False
    if tokens[-1].text == "as" or _is_format(excerpt):
        return True
    outer = excerpt.open_tokens[0] if excerpt.open_tokens else len(excerpt.tokens)
    first = TokensBeforeHole(excerpt, outer).start
    if first < len(excerpt.tokens) and excerpt.tokens[first].text in ("case", "lambda", "global", "nonlocal"):
        return True
    return (
        _is_type_parameter(excerpt)
        or _is_generic_parameter(excerpt)
        or _is_parameter_of_lambda(tokens)
        or _is_comprehension_target(tokens)
    )


def _is_type_parameter(excerpt: Excerpt) -> bool:
    """True if the hole is in the bracket behind the name that ``def``, ``class`` or ``type`` defines."""
    opener = excerpt.open_tokens[0] if excerpt.open_tokens else 0
    if opener < 2 or excerpt.tokens[opener].text != "[":
        return False
    return excerpt.tokens[opener - 2].text in ("def", "class", "type")


def _is_generic_parameter(excerpt: Excerpt) -> bool:
    """True if the hole is where ``def f[T](‸`` names a parameter, which looks like a call."""
    if len(excerpt.open_tokens) != 1:
        return False
    view = TokensBeforeHole(excerpt, excerpt.open_tokens[0])
    words = [token.text for token in view.level()]
    before = TokensBeforeHole(excerpt, len(excerpt.tokens)).before
    return words[:1] in (["def"], ["async"]) and (before is None or before.text in (",", "*", "**"))


def _is_format(excerpt: Excerpt) -> bool:
    """True if the hole is behind ``!`` or ``:`` in an expression inside a literal."""
    opener = excerpt.open_tokens[-1] if excerpt.open_tokens else None
    if opener is None or not excerpt.tokens[opener].is_interpolation:
        return False
    return any(token.text in ("!", ":") for token in TokensBeforeHole(excerpt, len(excerpt.tokens)).level())


def _is_parameter_of_lambda(tokens: list[Token]) -> bool:
    for token in reversed(tokens):
        if token.text == "lambda":
            return True
        if token.text == ":" or token.kind in ("newline", "open", "close"):
            return False
    return False


def _is_comprehension_target(tokens: list[Token]) -> bool:
    """True behind ``for`` and before its ``in``; the targets may stand in brackets."""
    for token in reversed(tokens):
        if token.text == "for":
            return True
        if token.text == "in" or token.kind not in ("word", "operator", "open", "close"):
            return False
        if token.kind == "operator" and token.text not in (",", "*"):
            return False
    return False


def _is_used_before(following: Token) -> bool:
    """True if a name at the beginning of a statement or condition, before this token, must exist already."""
    return following.text in ("(", ".", "[") or following.kind == "newline"


def _is_used_in_brackets(tokens: list[Token], first: int) -> bool | None:
    """True if all brackets around the name were closed without a comprehension that could bind it.

    False if there is such a comprehension; None if a bracket is still open.
    """
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        if index > first and token.text == "for":
            return False
        if index > first and depth <= 0:
            return True
    return None
