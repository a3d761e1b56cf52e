"""Where in generated text the monitors fire, and whether a bare name was meant as a use: from syntax alone.

Invariants: nothing fires in strings, comments or numbers, nor where a name is being bound; the answer depends
on the text up to the trigger only, so it is the same however the text was cut into tokens.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from keyword import iskeyword
from typing import Literal

from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.analysis.syntax.hole import Hole, HoleKind, hole_of
from holesmith.analysis.syntax.language_rules import lexicon_of
from holesmith.analysis.syntax.lexer import Token, tokenize
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole
from holesmith.completion.monitors.argument_place import ArgumentPlace, argument_place
from holesmith.completion.monitors.enclosing_blocks import excerpt_before, is_conditional
from holesmith.completion.monitors.import_list import is_before_list, is_behind_name, is_name_place

TriggerKind = Literal[
    "member",
    "import",
    "list",
    "name",
    "keyword",
    "literal",
    "argument",
    "empty",
    "exception",
    "instance",
    "pattern",
]
"""``import``: a name in an import; ``list``: what follows one; ``empty``: the end of a call of nothing."""

Use = Literal["certain", "tested", "possible", "bracketed"]
"""Whether a name in this place is used: "certain" at once; "tested", unless ``:=`` follows; "possible", what
follows it tells whether it is bound there; "bracketed", a comprehension around it may still bind it.
"""

_CERTAIN = frozenset[HoleKind](
    ("annotation", "decorator", "exception", "iteration", "return", "right_hand_side", "with")
)
_BRACKETED = frozenset[HoleKind](("argument", "base", "element", "interpolation", "subscript"))
_EXPECTING = frozenset[HoleKind](("argument", "condition", "return", "right_hand_side", "subscript"))
_COMPARISONS = (None, "==", "!=")
_ASSIGNMENTS = frozenset(("=", ":=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "|=", "&=", "^="))

CONTEXT_CHARACTERS = 2_000
# In a longer statement nothing fires: it is lexed anew for each word, on the event loop. Tokens, characters.
STATEMENT_MAX = (4_000, 40_000)
LOOKS_MAX = 16
# Possessive quantifiers give nothing back: the time stays in proportion to the text, whatever that is.
_RAISED = re.compile(
    r"(?:^|[\n;:])[ \t]*+(?:except[ \t]*+\*?(?:[ \t]*+\((?:[\w.\s]++,)*+)?|raise\b)\s*+[\w.]*+$"
)
"""Text behind which an exception class or what leads to one must stand: a name, or a name behind dots."""
_CASE = re.compile(r"(?:^|\n)[ \t]*+case[ \t]++(?:[\w.]++[ \t]*+\|[ \t]*+)*+(?:[\w.]+\.)?$")


@dataclass(frozen=True, slots=True)
class Trigger:
    """``start`` is where the constrained text begins, ``seen`` how much text it takes to see that it does.

    Both are offsets in the generated text. ``place`` tells of an argument where it stands; its offsets are in
    the generated text too, negative where they lie before it.
    """

    kind: TriggerKind
    start: int
    seen: int
    use: Use = "certain"
    place: ArgumentPlace | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``statement`` is the text before the generated text from the beginning of its statement on.

    ``context`` are some lines before that, enough to know the block that the statement is in. In a statement
    that ``is_too_long`` nothing fires, and it is empty here.
    """

    language: str
    statement: str
    context: str = ""
    is_too_long: bool = False

    def triggers(self, generated: str, known: int) -> list[Trigger]:
        """Those that ``generated[known:]`` adds. Costs some lexing of the statement for each word."""
        if self.is_too_long:
            return []
        found: list[Trigger | None] = []
        before = generated[known - 1] if known else self.statement[-1:]
        for offset, character in enumerate(generated[known:], known):
            if not (before.isidentifier() and character.isidentifier()):  # nothing fires inside a word
                found += self._at(generated, offset)
            before = character
        return [trigger for trigger in found if trigger is not None]

    def _at(self, generated: str, offset: int) -> Iterator[Trigger | None]:
        before = generated[offset - 1] if offset else self.statement[-1:]
        character = generated[offset]
        if before == "=" and character != "=":
            yield self._keyword(generated, offset - 1)
        if character in ".>:":
            yield from self._behind_dot(generated[: offset + 1])
        if character in "\"'" and not (before.isidentifier() or before in tuple("\"'\\")):
            yield self._literal(generated[:offset])
        if is_word_start(character, before) and before != "\\":  # an escape in a string that is not whole yet
            yield from self._word(generated[:offset], is_after_dot=before in tuple(".>:"))
        if self.language == "python" and character == "(":
            yield self._instance(generated, offset)
            yield self._import_bracket(generated[:offset])
        if self.language == "python" and character in ",\r\n":
            yield self._import_list(generated[:offset])
        if self.language == "python" and character == ")":
            yield self._empty(generated[:offset])
        if self.language == "python" and character not in " \t\n)*#\\":
            yield self._argument(generated[:offset])

    def _look(self, generated: str) -> tuple[Excerpt, Hole]:
        return _look_at(self.language, self.statement + generated)

    def _behind_dot(self, generated: str) -> Iterator[Trigger]:
        """Right behind the dot, before there is a name."""
        excerpt, hole = self._look(generated)
        if hole.kind == "attribute" and hole.word.start == hole.word.stop:
            start = len(generated)
            yield Trigger("member", start, start, _use_of_member(excerpt))
            if self.language == "python" and _CASE.search(self.statement + generated):
                yield Trigger("pattern", start, start)

    def _word(self, generated: str, *, is_after_dot: bool) -> Iterator[Trigger]:
        excerpt, hole = self._look(generated)
        start = len(generated)
        is_python = self.language == "python" and hole.kind != "string"
        if is_python and _RAISED.search(self.statement + generated):
            yield Trigger("exception", start, start + 1)
        if hole.kind == "attribute":
            if not is_after_dot:
                yield Trigger("member", start, start + 1, _use_of_member(excerpt))
        elif is_python and not is_after_dot and _CASE.search(self.statement + generated):
            yield Trigger("pattern", start, start + 1)
        elif is_python and not _binds(excerpt):
            yield from self._bare_word(generated, excerpt, hole.kind)

    def _bare_word(self, generated: str, excerpt: Excerpt, kind: HoleKind) -> Iterator[Trigger]:
        start = len(generated)
        if kind == "import":
            if is_name_place(excerpt) and not self._is_conditional(generated):
                yield Trigger("import", start, start + 1)
        elif kind in _CERTAIN:
            yield Trigger("name", start, start + 1)
        elif kind == "condition":
            yield Trigger("name", start, start + 1, "tested")
        elif kind == "statement":
            yield Trigger("name", start, start + 1, "possible")
        elif kind in _BRACKETED:
            yield Trigger("name", start, start + 1, "bracketed")

    def _argument(self, generated: str) -> Trigger | None:
        """The first character of an argument, when the arguments before it can be counted."""
        place = self._place(generated, behind=("(", ","))
        return None if place is None else Trigger("argument", len(generated), len(generated) + 1, place=place)

    def _empty(self, generated: str) -> Trigger | None:
        """The bracket that closes a call without arguments."""
        place = self._place(generated, behind=("(",))
        start = 0 if place is None else max(place.inside, 0)
        return None if place is None else Trigger("empty", start, len(generated) + 1, place=place)

    def _place(self, generated: str, behind: tuple[str, ...]) -> ArgumentPlace | None:
        """Where an argument of a call could begin."""
        if (generated.rstrip() or self.statement.rstrip())[-1:] not in behind:
            return None
        excerpt, hole = self._look(generated)
        place = argument_place(excerpt) if hole.kind == "argument" else None
        if place is None or not _is_called_value(excerpt):
            return None
        skipped = len(self.statement)
        comma = None if place.comma is None else place.comma - skipped
        return replace(place, inside=place.inside - skipped, comma=comma)

    def _instance(self, generated: str, offset: int) -> Trigger | None:
        """The name of a class, told by how it is written, at the bracket behind which it is called."""
        start = word_start(generated, offset)
        word = generated[start:offset].lstrip("_")
        if not word[:1].isupper() or not word[1:2].islower():
            return None
        excerpt, hole = self._look(generated[:start])
        kind = hole.kind
        is_value = kind in ("argument", "element", "interpolation", "return", "right_hand_side", "statement")
        is_value |= kind == "attribute" and _is_called_value(excerpt)
        return Trigger("instance", start, offset + 1) if is_value and not _binds(excerpt) else None

    def _import_bracket(self, generated: str) -> Trigger | None:
        """A bracket around the names of an import, which may fit on the line without one."""
        if not is_before_list(self.statement + generated) or self._is_conditional(generated):
            return None
        return Trigger("import", len(generated), len(generated) + 1)

    def _import_list(self, generated: str) -> Trigger | None:
        """The comma behind a name of an import, or the end of its line."""
        if not is_behind_name(self.statement + generated) or self._is_conditional(generated):
            return None
        return Trigger("list", len(generated), len(generated) + 1)

    def _is_conditional(self, generated: str) -> bool:
        return is_conditional(self.context + self.statement + generated)

    def _keyword(self, generated: str, offset: int) -> Trigger | None:
        """The word before a single ``=`` at ``offset`` in the arguments of a call."""
        start = word_start(generated, offset)
        if self.language != "python" or start >= offset or not generated[start].isidentifier():
            return None
        _, hole = self._look(generated[:start])
        is_name = hole.kind == "argument" and hole.operator is None and hole.keyword is None
        is_word = generated[start - 1 : start] != "." and generated[offset - 1] not in "=!<>"
        return Trigger("keyword", start, offset + 2) if is_name and is_word else None

    def _literal(self, generated: str) -> Trigger | None:
        """A string that begins where a value is expected, alone or compared with one."""
        excerpt, hole = self._look(generated)
        if self.language != "python" or hole.kind not in _EXPECTING or hole.operator not in _COMPARISONS:
            return None
        if hole.kind == "condition" and hole.operator is None:
            return None
        target = hole.subject.of(excerpt.prefix) if hole.subject is not None else ""
        if hole.kind == "right_hand_side" and not (":" in target or "." in target):
            return None  # what is assigned to a name of its own may be anything
        return Trigger("literal", len(generated), len(generated) + 1)

    def is_used(self, generated: str, trigger: Trigger) -> bool | None:
        """Whether the name at a trigger is used, not bound. None: what is written so far cannot tell."""
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
        """The whole tokens of the statement, and which of them begins at ``start``."""
        text = self.statement + generated
        tokens = [
            token
            for token in tokenize(lexicon_of(self.language), text)
            if token.stop < len(text) or token.kind in ("open", "close", "newline")
        ]
        at = len(self.statement) + start
        return tokens, next((i for i, token in enumerate(tokens) if token.start >= at), len(tokens))


@lru_cache(maxsize=LOOKS_MAX)
def _look_at(language: str, text: str) -> tuple[Excerpt, Hole]:
    """Several triggers look at the same text, and the last one is looked at again with each token."""
    excerpt = excerpt_at(language, text, "")
    return excerpt, hole_of(excerpt)


def surroundings_of(language: str, before: str) -> Surroundings:
    """``before`` is the document up to where the generated text begins, of any length."""
    excerpt = excerpt_before(language, before)
    literal = excerpt.open_literal
    outer = next((i for i in excerpt.open_tokens if _is_in_statement(excerpt, i)), len(excerpt.tokens))
    if literal is not None:
        outer = min(outer, len(excerpt.tokens) - 1)
    first = TokensBeforeHole(excerpt, outer).start
    start = excerpt.tokens[first].start if first < len(excerpt.tokens) else len(before)
    if len(excerpt.tokens) - first > STATEMENT_MAX[0] or len(before) - start > STATEMENT_MAX[1]:
        return Surroundings(language, "", is_too_long=True)
    return Surroundings(language, before[start:], before[max(start - CONTEXT_CHARACTERS, 0) : start])


def is_word_start(character: str, before: str) -> bool:
    return character.isidentifier() and not (before.isidentifier() or before.isdecimal())


def word_start(text: str, stop: int) -> int:
    """Where the identifier that ends at ``stop`` begins."""
    while stop > 0 and (text[stop - 1].isidentifier() or text[stop - 1].isdecimal()):
        stop -= 1
    return stop


def _use_of_member(excerpt: Excerpt) -> Use:
    """An attribute that a statement begins with may be about to be assigned for the first time."""
    view = TokensBeforeHole(excerpt, len(excerpt.tokens))
    level = [token.text for token in view.level()]
    is_in_brackets = view.opener is not None and not view.is_block
    is_expression = not level or iskeyword(level[0]) or any(text in _ASSIGNMENTS for text in level)
    return "certain" if is_in_brackets or is_expression else "possible"


def _is_called_value(excerpt: Excerpt) -> bool:
    """Whether the statement is an expression or gives one to something: no class, decorator or pattern."""
    opener = excerpt.open_tokens[0] if excerpt.open_tokens else len(excerpt.tokens)
    first = TokensBeforeHole(excerpt, opener).start
    return first < len(excerpt.tokens) and excerpt.tokens[first].text not in ("class", "def", "@", "case")


def _is_in_statement(excerpt: Excerpt, index: int) -> bool:
    view = TokensBeforeHole(excerpt, index + 1)
    return not view.is_block


def _binds(excerpt: Excerpt) -> bool:
    """Whether a word at the end is a name that the statement binds, or a part of a pattern."""
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
    """Whether the hole is in the bracket behind the name that ``def``, ``class`` or ``type`` defines."""
    opener = excerpt.open_tokens[0] if excerpt.open_tokens else 0
    if opener < 2 or excerpt.tokens[opener].text != "[":
        return False
    return excerpt.tokens[opener - 2].text in ("def", "class", "type")


def _is_generic_parameter(excerpt: Excerpt) -> bool:
    """Whether the hole is where ``def f[T](‸`` names a parameter, which looks like a call."""
    if len(excerpt.open_tokens) != 1:
        return False
    view = TokensBeforeHole(excerpt, excerpt.open_tokens[0])
    words = [token.text for token in view.level()]
    before = TokensBeforeHole(excerpt, len(excerpt.tokens)).before
    return words[:1] in (["def"], ["async"]) and (before is None or before.text in (",", "*", "**"))


def _is_format(excerpt: Excerpt) -> bool:
    """Whether the hole is behind ``!`` or ``:`` in an expression inside a literal."""
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
    """Behind ``for`` and before its ``in``; the targets may stand in brackets."""
    for token in reversed(tokens):
        if token.text == "for":
            return True
        if token.text == "in" or token.kind not in ("word", "operator", "open", "close"):
            return False
        if token.kind == "operator" and token.text not in (",", "*"):
            return False
    return False


def _is_used_before(following: Token) -> bool:
    """Whether a name at the beginning of a statement or condition, before this token, must exist already."""
    return following.text in ("(", ".", "[") or following.kind == "newline"


def _is_used_in_brackets(tokens: list[Token], first: int) -> bool | None:
    """True when all brackets around the name were closed without a comprehension that could bind it."""
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
