"""Tokens of Java as Pygments' lexer defines them, for the metrics of the monitors paper.

Positions are kept: the published scripts let the lexer rewrite line ends and then fail on files with carriage
returns. Text inside a half-written string is a token like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pygments.lexer import RegexLexer
from pygments.lexers.jvm import JavaLexer
from pygments.token import Token


@dataclass(frozen=True, slots=True)
class JavaToken:
    """A token that is not white space. ``is_identifier`` follows the paper: a name, or ``class``."""

    start: int
    text: str
    is_identifier: bool
    is_punctuation: bool

    @property
    def stop(self) -> int:
        return self.start + len(self.text)


@cache
def _lexer() -> RegexLexer:
    return JavaLexer()


def java_tokens(text: str) -> Iterator[JavaToken]:
    """Yield the tokens of a piece of Java, with comments and without white space."""
    for start, kind, value in _lexer().get_tokens_unprocessed(text):
        if value.strip():
            is_name = kind in Token.Name or value == "class"
            yield JavaToken(start, value.rstrip("\r"), is_name, kind in Token.Punctuation)


def token_texts(text: str) -> list[str]:
    return [token.text for token in java_tokens(text)]


def identifiers(text: str) -> list[str]:
    return [token.text for token in java_tokens(text) if token.is_identifier]


def first_token(text: str) -> str | None:
    return next((token.text for token in java_tokens(text.lstrip())), None)


def brace_depth(text: str) -> int:
    """Count the braces that ``text`` opens and does not close; negative if it closes more."""
    return sum(
        (token.text == "{") - (token.text == "}") for token in java_tokens(text) if token.is_punctuation
    )


def method_stop(body: str) -> int | None:
    """Return the offset behind the brace that closes a method. ``body`` is its text behind the opening brace.

    None if the method is still open at the end.
    """
    depth = 1
    for token in java_tokens("{" + body):
        if token.start and token.is_punctuation:
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return token.stop - 1
    return None


def closed_method(body: str) -> str:
    """Cut ``body`` behind the brace that closes the method; if there is none, add the missing braces.

    Source: the monitors paper's ``find_method_stop``.
    """
    stop = method_stop(body)
    if stop is not None:
        return body[:stop]
    return body.rstrip() + "}" * (1 + brace_depth(body))
