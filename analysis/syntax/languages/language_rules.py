"""What the lexer must know of each language: comments, literals and how blocks are laid out.

A lexicon is data only. Languages are named by their LSP language id; an unknown id has no lexicon of
its own and gets ``PLAIN``, which knows brackets and indentation and nothing else.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Layout = Literal["indentation", "braces"]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A literal or comment as three patterns; without its closer it reaches as far as its body does."""

    opener: str
    body: str
    closer: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language as the lexer sees it.

    ``interpolated`` matches only the opening of a literal that can hold expressions.
    """

    language: str
    layout: Layout
    comments: tuple[Quoted, ...] = ()
    strings: tuple[Quoted, ...] = ()
    interpolated: str | None = None
    has_regex_literals: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The master pattern. The group that matched is named after the kind of token, with a number
        behind it where a kind has several patterns; "unclosed" literals have kinds of their own.
        """
        return _compile(self)


_OPERATORS = r"\?\.|->|=>|::|:=|\*\*|//|&&|\|\||\?\?|[=!<>]==?|[-+*/%@&|^]=|<<|\.\.\.|\+\+|--|[\s\S]"
_WORDS = {"csharp": r"@?[^\W\d]\w*", "rust": r"(?:r\#)?[^\W\d]\w*|'[^\W\d]\w*"}


@cache
def _compile(lexicon: Lexicon) -> re.Pattern[str]:
    groups = [("newline", r"\r\n|\r|\n"), ("blank", r"[ \t\f\v]+|\\(?:\r\n|\r|\n)")]
    groups += _quoted_groups("comment", lexicon.comments)
    if lexicon.interpolated:
        groups.append(("interpolated", lexicon.interpolated))
    groups += _quoted_groups("string", lexicon.strings)
    digits = (
        r"\.?\d(?:[eEpP][+-]|'(?=\w)|\.(?!\.)|\w)*"
        if lexicon.layout == "braces"
        else r"\.?\d(?:[eE][+-]|[\w.])*"
    )
    groups += [
        ("number", digits),
        ("word", _WORDS.get(lexicon.language, r"[^\W\d][\w$]*|\$[\w$]*")),
        ("open", r"[(\[{]"),
        ("close", r"[)\]}]"),
        ("operator", _OPERATORS),
    ]
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in groups))


def _quoted_groups(kind: str, quoted: tuple[Quoted, ...]) -> list[tuple[str, str]]:
    groups: list[tuple[str, str]] = []
    for number, each in enumerate(quoted):
        # A named group inside may stand once in a pattern, so the second copy gets a name of its own.
        groups.append((f"{kind}{number}", each.opener + each.body + each.closer))
        opener, body = (part.replace("fence", "open_fence") for part in (each.opener, each.body))
        groups.append((f"unclosed_{kind}{number}", opener + body))
    return groups


def _escaped(opener: str, quote: str) -> Quoted:
    return Quoted(opener + quote, rf"(?:[^{quote}\\\r\n]|\\(?:\r\n|[\s\S]))*+", quote)


def _escaped_triple(opener: str, quote: str) -> Quoted:
    return Quoted(opener + quote * 3, rf"(?:[^{quote}\\]|\\[\s\S]|{quote}(?!{quote * 2}))*+", quote * 3)


def _until(opener: str, closer: str) -> Quoted:
    return Quoted(opener, rf"(?:(?!{closer})[\s\S])*+", closer)


_SLASH_COMMENTS = (Quoted("//", r"[^\r\n]*+", r"(?=[\r\n])"), _until(r"/\*", r"\*/"))
_CHARACTER = Quoted("'", r"(?:[^'\\\r\n]|\\[^\r\n])*+", "'")
# A lone quote in Rust begins a lifetime, so only a whole character literal counts.
_RUST_CHARACTER = Quoted("b?'(?=(?:[^'\\\\\\r\\n]|\\\\[^\\r\\n]+?)')", r"(?:[^'\\\r\n]|\\[^\r\n])*+", "'")
_DOUBLE = _escaped("", '"')
_PYTHON_PREFIX = "(?i:br|rb|[bru])?"
_WIDE = "(?:u8|[uUL])?"
_TEMPLATE_LANGUAGES = ("javascript", "javascriptreact", "typescript", "typescriptreact")

PLAIN = Lexicon("plaintext", "indentation")

_LEXICONS: dict[str, Lexicon] = {
    each.language: each
    for each in (
        Lexicon(
            "python",
            "indentation",
            (Quoted(r"\#", r"[^\r\n]*+", r"(?=[\r\n])"),),
            (
                _escaped_triple(_PYTHON_PREFIX, '"'),
                _escaped_triple(_PYTHON_PREFIX, "'"),
                _escaped(_PYTHON_PREFIX, '"'),
                _escaped(_PYTHON_PREFIX, "'"),
            ),
            interpolated=r"(?i:fr|rf|tr|rt|f|t)(?:\"\"\"|'''|\"|')",
        ),
        Lexicon("java", "braces", _SLASH_COMMENTS, (_escaped_triple("", '"'), _DOUBLE, _CHARACTER)),
        *(
            Lexicon(
                name, "braces", _SLASH_COMMENTS, (_DOUBLE, _escaped("", "'")), "`", has_regex_literals=True
            )
            for name in _TEMPLATE_LANGUAGES
        ),
        Lexicon("go", "braces", _SLASH_COMMENTS, (_until("`", "`"), _DOUBLE, _CHARACTER)),
        Lexicon(
            "rust",
            "braces",
            _SLASH_COMMENTS,
            (
                Quoted(r'b?r(?P<fence>\#*)"', r'(?:(?!"(?P=fence))[\s\S])*+', r'"(?P=fence)'),
                Quoted('b?"', r'(?:[^"\\]|\\[\s\S])*+', '"'),
                _RUST_CHARACTER,
            ),
        ),
        Lexicon("c", "braces", _SLASH_COMMENTS, (_escaped(_WIDE, '"'), _escaped(_WIDE, "'"))),
        Lexicon(
            "cpp",
            "braces",
            _SLASH_COMMENTS,
            (
                Quoted(
                    _WIDE + r'R"(?P<fence>[^()\\\s]{0,16})\(',
                    r'(?:(?!\)(?P=fence)")[\s\S])*+',
                    r'\)(?P=fence)"',
                ),
                _escaped(_WIDE, '"'),
                _escaped(_WIDE, "'"),
            ),
        ),
        Lexicon(
            "csharp",
            "braces",
            _SLASH_COMMENTS,
            (_until('"""', '"""'), Quoted('@"', r'(?:[^"]|"")*+', '"'), _DOUBLE, _CHARACTER),
            interpolated=r'\$@"|@\$"|\$"',
        ),
    )
}


def lexicon_of(language: str) -> Lexicon:
    """The lexicon of an LSP language id, ``PLAIN`` for an id that is not known."""
    return _LEXICONS.get(language, PLAIN)
