"""The regular expression for the tokens of a language."""

import re
from functools import cache

from holesmith.analysis.syntax.languages.language_rules import CLOSERS, OPENERS, LanguageRules, Layout, Quoted

_NUMBERS: dict[Layout, str] = {
    "braces": r"\.?\d(?:[eEpP][+-]|'(?=\w)|\.(?!\.)|\w)*",
    "indentation": r"\.?\d(?:[eE][+-]|[\w.])*",
}


@cache
def token_pattern(rules: LanguageRules) -> re.Pattern[str]:
    """Build the pattern of a language's tokens.

    Each group has the name of a kind of token, followed by a number if the kind has several patterns.
    Literals without their closing mark have groups that begin with "unclosed".
    """
    groups = [("newline", r"\r\n|\r|\n"), ("blank", r"[ \t\f\v]+|\\(?:\r\n|\r|\n)")]
    groups += _quoted_groups("comment", rules.comments)
    if rules.interpolated:
        groups.append(("interpolated", rules.interpolated))
    groups += _quoted_groups("string", rules.strings)
    groups += [
        ("number", _NUMBERS[rules.layout]),
        ("word", rules.word),
        ("open", f"[{re.escape(OPENERS)}]"),
        ("close", f"[{re.escape(CLOSERS)}]"),
        ("operator", _operators(rules)),
    ]
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in groups))


def _operators(rules: LanguageRules) -> str:
    """Build the pattern of operators: the longest operator first, and any other character by itself."""
    signs = sorted((sign for sign in rules.operators if len(sign) > 1), key=lambda sign: (-len(sign), sign))
    return "|".join((*map(re.escape, signs), r"[\s\S]"))


def _quoted_groups(kind: str, quoted: tuple[Quoted, ...]) -> list[tuple[str, str]]:
    groups: list[tuple[str, str]] = []
    for number, each in enumerate(quoted):
        # A pattern may contain a named group only once, so the second copy gets another name.
        groups.append((f"{kind}{number}", each.opener + each.body + each.closer))
        opener, body = (part.replace("fence", "open_fence") for part in (each.opener, each.body))
        groups.append((f"unclosed_{kind}{number}", opener + body))
    return groups
