"""Comments and literals that several languages have, as patterns."""

from holesmith.analysis.syntax.languages.language_rules import Quoted


def escaped(opener: str, quote: str) -> Quoted:
    """A literal on one line, in which a backslash takes away the meaning of what follows it."""
    return Quoted(opener + quote, rf"(?:[^{quote}\\\r\n]|\\(?:\r\n|[\s\S]))*+", quote)


def escaped_triple(opener: str, quote: str) -> Quoted:
    """The same over several lines, between three marks of quotation."""
    return Quoted(opener + quote * 3, rf"(?:[^{quote}\\]|\\[\s\S]|{quote}(?!{quote * 2}))*+", quote * 3)


def until(opener: str, closer: str) -> Quoted:
    """What goes on until ``closer``, whatever stands before it."""
    return Quoted(opener, rf"(?:(?!{closer})[\s\S])*+", closer)


SLASH_COMMENTS = (Quoted("//", r"[^\r\n]*+", r"(?=[\r\n])"), until(r"/\*", r"\*/"))
CHARACTER = Quoted("'", r"(?:[^'\\\r\n]|\\[^\r\n])*+", "'")
DOUBLE = escaped("", '"')
