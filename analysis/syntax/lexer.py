"""The lexer of half-written text: it never fails and needs no end of the file.

The lexer looks at the text alone, so the state at the cursor (inside a string or comment, with which brackets
open) does not depend on how a parser recovers from missing text. Every character belongs to exactly one
token, or to the blanks between tokens. A literal with expressions in it (f-string, template) becomes string
pieces with the tokens of the expressions between them.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock
from typing import Literal, NamedTuple, cast

from holesmith.analysis.syntax.languages.language_rules import LanguageRules
from holesmith.analysis.syntax.token_pattern import token_pattern

TokenKind = Literal["newline", "comment", "string", "number", "word", "open", "close", "operator"]

# Literals nested deeper than this are lexed as operators and words.
DEPTH_MAX = 64
# Texts with fewer tokens are quicker to lex than to keep; the cache keeps KEPT_TEXTS_MAX texts, each under
# its first KEY_CHARACTERS.
KEPT_TOKENS_MIN = 200
KEPT_TEXTS_MAX = 8
KEY_CHARACTERS = 64
# ``tokens_of`` begins with so many characters, and takes four times as many in each round.
AHEAD_CHARACTERS = 400
# A longer text is taken for a division rather than a regular expression.
REGEX_CHARACTERS_MAX = 1_000
_REGEX_LITERAL = re.compile(r"/(?![*/])(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*+\])++/[a-z]*")
_VALUE_ENDS = frozenset(("word", "number", "string", "close"))


class Token(NamedTuple):
    """A token with its half-open span in code points.

    A NamedTuple is used because a file has many thousands of tokens. ``is_closed`` is False for a string or
    comment that ends, with the text or its line, before its closing mark. ``is_interpolation`` marks the
    braces around an expression inside a literal.
    """

    kind: TokenKind
    start: int
    stop: int
    text: str
    is_closed: bool = True
    is_interpolation: bool = False


@dataclass(frozen=True, slots=True)
class _Lexed:
    """The tokens of a text from ``start`` on.

    Outside of any literal, lines end at the offsets ``ends``; ``counts`` has the number of tokens before each
    of them.
    """

    text: str
    start: int
    tokens: list[Token]
    ends: list[int]
    counts: list[int]


_last: dict[tuple[LanguageRules, str], _Lexed] = {}
"""The texts lexed last, by how they begin. Most texts are an earlier one with a few more characters."""
_lock = Lock()


def tokenize(rules: LanguageRules, text: str, start: int = 0) -> list[Token]:
    """Return all tokens from ``start`` on.

    The time is linear in the length of the text, or of its new part.
    """
    key = rules, text[:KEY_CHARACTERS]
    lexed = _beginning(_last.get(key), text, start)
    _scan(rules, text, lexed.ends[-1] if lexed.ends else start, lexed.tokens, 0, lexed=lexed)
    if len(lexed.tokens) >= KEPT_TOKENS_MIN:
        with _lock:
            _last.pop(key, None)
            _last[key] = replace(lexed, tokens=lexed.tokens.copy())
            if len(_last) > KEPT_TEXTS_MAX:
                del _last[next(iter(_last))]
    return lexed.tokens


def tokens_of(rules: LanguageRules, text: str) -> Iterator[Token]:
    """Yield the tokens of ``tokenize``, lexing no more of a long text than the caller takes.

    If a text is cut behind a line, only the last token can differ from the whole text's: a literal that spans
    lines.
    """
    size, given = AHEAD_CHARACTERS, 0
    while (cut := text.find("\n", size) + 1) > 0:
        tokens = tokenize(rules, text[:cut])
        yield from tokens[given:-1]
        given, size = max(given, len(tokens) - 1), 4 * cut
    yield from tokenize(rules, text)[given:]


def _beginning(last: _Lexed | None, text: str, start: int) -> _Lexed:
    """Return the tokens that a text has in common with the last one, in whole lines.

    A change behind the end of a line, outside of any literal, changes no token before it.
    """
    empty = _Lexed(text, start, [], [], [])
    if last is None or start < last.start:
        return empty
    stop = bisect_left(last.ends, _common(last.text, text))  # a newline may join the character behind it
    first = bisect_left(last.ends, start, 0, stop)
    if start > last.start and (first == stop or last.ends[first] != start):
        return empty
    first += start > last.start
    if first >= stop:
        return empty
    skipped = last.counts[first - 1] if first else 0
    counts = [count - skipped for count in last.counts[first:stop]]
    return _Lexed(text, start, last.tokens[skipped : last.counts[stop - 1]], last.ends[first:stop], counts)


def _common(text: str, other: str) -> int:
    """Count the characters that two texts have in common at their beginning."""
    low, high = 0, min(len(text), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _scan(
    rules: LanguageRules,
    text: str,
    position: int,
    tokens: list[Token],
    depth: int,
    *,
    is_one_line: bool = False,
    lexed: _Lexed | None = None,
) -> int:
    """Append the tokens from ``position`` on, and return the offset of the end.

    With ``depth`` > 0, scanning stops after the brace that ends the expression. ``is_one_line`` lets a
    newline outside brackets end the expression too, so that a half-written literal does not swallow the rest
    of the file. The ends of lines are noted in ``lexed``.
    """
    match_at = token_pattern(rules).match
    kinds = _kinds(rules)
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
            position = _scan_literal(rules, text, match, tokens, depth)
            continue
        kind, is_closed = kinds[group]
        if kind == "operator" and rules.has_regex_literals and match.group() in ("/", "/=", "//"):
            match, kind = _regex_literal(rules, text, match, tokens)
        if is_one_line and kind == "newline" and not brackets:
            return position
        position = match.end()
        if depth and kind in ("open", "close"):
            brackets += 1 if kind == "open" else -1
            if brackets < 0:
                tokens.append(Token("close", match.start(), position, match.group(), is_interpolation=True))
                return position
        tokens.append(Token(kind, match.start(), position, match.group(), is_closed))
        if kind == "newline" and lexed is not None:
            lexed.ends.append(position)
            lexed.counts.append(len(tokens))
    return position


@cache
def _kinds(rules: LanguageRules) -> dict[str, tuple[TokenKind, bool]]:
    kinds: dict[str, tuple[TokenKind, bool]] = {"interpolated": ("operator", True)}
    for group in token_pattern(rules).groupindex:
        kind = group.rstrip("0123456789").removeprefix("unclosed_")
        kinds[group] = cast("TokenKind", kind), not group.startswith("unclosed_")
    return kinds


def _regex_literal(
    rules: LanguageRules, text: str, match: re.Match[str], tokens: list[Token]
) -> tuple[re.Match[str], TokenKind]:
    before = next((token for token in reversed(tokens) if token.kind not in ("newline", "comment")), None)
    is_division = before and before.kind in _VALUE_ENDS and before.text not in rules.words_before_value
    start = match.start()
    literal = None if is_division else _REGEX_LITERAL.match(text, start, start + REGEX_CHARACTERS_MAX)
    return (literal, "string") if literal else (match, "operator")


@dataclass(frozen=True, slots=True)
class _Literal:
    """The end of an interpolated literal, and the mark at which its expressions begin."""

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


def _scan_literal(
    rules: LanguageRules, text: str, match: re.Match[str], tokens: list[Token], depth: int
) -> int:
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
        piece_start = position = _scan(rules, text, end, tokens, depth + 1, is_one_line=literal.is_one_line)
        if not (tokens[-1].is_interpolation and tokens[-1].kind == "close"):
            return position
