"""The pattern of a language's tokens."""

import re
from functools import cache

from holesmith.analysis.syntax.languages.language_rules import CLOSERS, OPENERS, LanguageRules, Layout, Quoted

_NUMBERS: dict[Layout, str] = {
    "braces": r"\.?\d(?:[eEpP][+-]|'(?=\w)|\.(?!\.)|\w)*",
    "indentation": r"\.?\d(?:[eE][+-]|[\w.])*",
}


@cache
def token_pattern(rules: LanguageRules) -> re.Pattern[str]:
    """The group that matched is named after the kind of token, with a number behind it where a kind has
    several patterns; "unclosed" literals have kinds of their own.
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
    """The longest operator first, and any other character by itself."""
    signs = sorted((sign for sign in rules.operators if len(sign) > 1), key=lambda sign: (-len(sign), sign))
    return "|".join((*map(re.escape, signs), r"[\s\S]"))


def _quoted_groups(kind: str, quoted: tuple[Quoted, ...]) -> list[tuple[str, str]]:
    groups: list[tuple[str, str]] = []
    for number, each in enumerate(quoted):
        # A named group inside may stand once in a pattern, so the second copy gets a name of its own.
        groups.append((f"{kind}{number}", each.opener + each.body + each.closer))
        opener, body = (part.replace("fence", "open_fence") for part in (each.opener, each.body))
        groups.append((f"unclosed_{kind}{number}", opener + body))
    return groups
