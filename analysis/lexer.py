"""Tokens of a half-written text: a lexer that never fails and needs no end of the file.

It works on the text alone, so the state at the cursor (inside a string or comment, which brackets are
open) does not depend on how a parser recovers from what is missing. Every character belongs to
exactly one token, or to the blanks between tokens. A literal with expressions in it (f-string,
template) gives string pieces with the tokens of the expressions between them.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple, cast

from holesmith.analysis.lexicon import Lexicon

TokenKind = Literal["newline", "comment", "string", "number", "word", "open", "close", "operator"]

DEPTH_MAX = 64
_REGEX_LITERAL = re.compile(r"/(?![*/])(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*\])+/[a-z]*")
_VALUE_ENDS = frozenset(("word", "number", "string", "close"))
_WORDS_BEFORE_VALUE = frozenset(
    ("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "await", "yield", "instanceof")
)


class Token(NamedTuple):
    """A token with its half-open span in code points. A NamedTuple because a file has many thousands of them.

    ``is_closed`` is False for a string or comment that the text, or its line, ends before its closing mark.
    ``is_interpolation`` marks the braces around an expression inside a literal.
    """

    kind: TokenKind
    start: int
    stop: int
    text: str
    is_closed: bool = True
    is_interpolation: bool = False


def tokenize(lexicon: Lexicon, text: str, start: int = 0) -> list[Token]:
    """All tokens from ``start`` on. Linear in the length of the text."""
    tokens: list[Token] = []
    _scan(lexicon, text, start, tokens, 0)
    return tokens


def _scan(
    lexicon: Lexicon, text: str, position: int, tokens: list[Token], depth: int, is_one_line: bool = False
) -> int:
    """Append tokens; with ``depth`` > 0 stop after the brace that ends the expression, and return its
    offset.

    ``is_one_line`` lets a newline outside brackets end the expression too, so that a half-written
    literal does not swallow the rest of the file.
    """
    match_at = lexicon.pattern.match
    kinds = _kinds(lexicon)
    brackets = 0
    length = len(text)
    while position < length:
        match = match_at(text, position)
        assert match is not None, "the last group of the pattern takes any character"
        group = match.lastgroup or ""
        if group == "blank":
            position = match.end()
            continue
        if group == "interpolated" and depth < DEPTH_MAX:
            position = _scan_literal(lexicon, text, match, tokens, depth)
            continue
        kind, is_closed = kinds[group]
        if kind == "operator" and lexicon.has_regex_literals and match.group() in ("/", "/=", "//"):
            match, kind = _regex_literal(text, match, tokens)
        if is_one_line and kind == "newline" and not brackets:
            return position
        position = match.end()
        if depth and kind in ("open", "close"):
            brackets += 1 if kind == "open" else -1
            if brackets < 0:
                tokens.append(Token("close", match.start(), position, match.group(), is_interpolation=True))
                return position
        tokens.append(Token(kind, match.start(), position, match.group(), is_closed))
    return position


@cache
def _kinds(lexicon: Lexicon) -> dict[str, tuple[TokenKind, bool]]:
    kinds: dict[str, tuple[TokenKind, bool]] = {"interpolated": ("operator", True)}
    for group in lexicon.pattern.groupindex:
        kind = group.rstrip("0123456789").removeprefix("unclosed_")
        kinds[group] = cast("TokenKind", kind), not group.startswith("unclosed_")
    return kinds


def _regex_literal(text: str, match: re.Match[str], tokens: list[Token]) -> tuple[re.Match[str], TokenKind]:
    before = next((token for token in reversed(tokens) if token.kind not in ("newline", "comment")), None)
    is_division = before and before.kind in _VALUE_ENDS and before.text not in _WORDS_BEFORE_VALUE
    literal = None if is_division else _REGEX_LITERAL.match(text, match.start())
    return (literal, "string") if literal else (match, "operator")


@dataclass(frozen=True, slots=True)
class _Literal:
    """How an interpolated literal ends and where its expressions begin."""

    stops: re.Pattern[str]
    quote: str
    opener: str
    is_one_line: bool


@cache
def _literal(opening: str) -> _Literal:
    quote = opening.lstrip("fFrRtT$@")
    opener = "${" if quote == "`" else "{"
    is_verbatim = "@" in opening
    skipped = [r"\\(?:\r\n|[\s\S])"] if not is_verbatim else ['""']
    if opener == "{":
        skipped.append(r"\{\{")
    stops = [re.escape(quote), re.escape(opener)]
    is_one_line = len(quote) == 1 and quote != "`" and not is_verbatim
    if is_one_line:
        stops.append(r"(?=[\r\n])")
    return _Literal(
        re.compile(f"(?P<skip>{'|'.join(skipped)})|{'|'.join(stops)}"), quote, opener, is_one_line
    )


def _scan_literal(lexicon: Lexicon, text: str, match: re.Match[str], tokens: list[Token], depth: int) -> int:
    literal = _literal(match.group())
    piece_start = match.start()
    position = match.end()
    while True:
        stop = literal.stops.search(text, position)
        if stop and stop["skip"]:
            position = stop.end()
            continue
        end = stop.end() if stop else len(text)
        if not stop or stop.group() != literal.opener:
            is_closed = stop is not None and stop.group() == literal.quote
            tokens.append(Token("string", piece_start, end, text[piece_start:end], is_closed))
            return end
        tokens.append(Token("string", piece_start, end - 1, text[piece_start : end - 1]))
        tokens.append(Token("open", end - 1, end, "{", is_interpolation=True))
        piece_start = position = _scan(lexicon, text, end, tokens, depth + 1, literal.is_one_line)
        if not (tokens[-1].is_interpolation and tokens[-1].kind == "close"):
            return position
