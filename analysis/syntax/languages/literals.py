"""Patterns of comments and literals that several languages share."""

from holesmith.analysis.syntax.languages.language_rules import Quoted


def escaped(opener: str, quote: str) -> Quoted:
    """A literal on one line, in which a backslash escapes the next character."""
    return Quoted(opener + quote, rf"(?:[^{quote}\\\r\n]|\\(?:\r\n|[\s\S]))*+", quote)


def escaped_triple(opener: str, quote: str) -> Quoted:
    """A literal over several lines between triple quotes, in which a backslash escapes the next character."""
    return Quoted(opener + quote * 3, rf"(?:[^{quote}\\]|\\[\s\S]|{quote}(?!{quote * 2}))*+", quote * 3)


def until(opener: str, closer: str) -> Quoted:
    """A literal or comment that goes on until ``closer``, whatever it contains."""
    return Quoted(opener, rf"(?:(?!{closer})[\s\S])*+", closer)


SLASH_COMMENTS = (Quoted("//", r"[^\r\n]*+", r"(?=[\r\n])"), until(r"/\*", r"\*/"))
CHARACTER = Quoted("'", r"(?:[^'\\\r\n]|\\[^\r\n])*+", "'")
DOUBLE = escaped("", '"')
