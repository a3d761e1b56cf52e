"""A definition as a stub: its header and those of its members, without bodies.

Bodies are most of a file's tokens and little of what a caller needs to know.
"""

from collections.abc import Sequence

from holesmith.analysis.outline.symbols import Symbol

# Members of a class that a stub shows.
MEMBERS_MAX = 24


def stub_of(
    language: str, symbols: Sequence[Symbol], ordinal: int, prefer: frozenset[str] = frozenset()
) -> str:
    """Return the stub of ``symbols[ordinal]``.

    Of a class with more than MEMBERS_MAX members, public ones and those named in ``prefer`` stay.
    """
    symbol = symbols[ordinal]
    members = [each for each in symbols[ordinal + 1 :] if each.parent == ordinal]
    if symbol.kind != "class" or not members:
        return "\n".join(stub_lines(language, symbol))
    if len(members) > MEMBERS_MAX:
        by_worth = sorted(members, key=lambda member: _worth(member, prefer))[:MEMBERS_MAX]
        members = [member for member in members if member in by_worth]
    opening = stub_lines(language, symbol)
    opening[0] = _opened(language, symbol.signature)
    body = [f"    {line}" for member in members for line in stub_lines(language, member)]
    return "\n".join([*opening, *body, *(["}"] if language != "python" else [])])


def stub_lines(language: str, symbol: Symbol) -> list[str]:
    """Return the header of one definition, with the first line of its documentation."""
    if symbol.kind == "field":
        return [symbol.signature]
    if language == "python":
        if not symbol.documentation:
            return [f"{symbol.signature}: ..."]
        return [f"{symbol.signature}:", f'    """{symbol.documentation}"""']
    comment = [f"// {symbol.documentation}"] if symbol.documentation else []
    return [f"{symbol.signature};", *comment]


def is_public(name: str) -> bool:
    """True if the name begins with neither ``_`` nor ``#``, or is ``__init__``."""
    return not name.startswith(("_", "#")) or name == "__init__"


def _opened(language: str, signature: str) -> str:
    return f"{signature}:" if language == "python" else f"{signature} {{"


def _worth(member: Symbol, prefer: frozenset[str]) -> tuple[bool, bool, bool]:
    return (member.name not in prefer, not is_public(member.name), member.kind == "field")
