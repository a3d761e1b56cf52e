"""Search for a name in a text without a regular expression, which would have to be compiled for each name."""

from collections.abc import Iterator


def occurrences(text: str, name: str) -> Iterator[int]:
    """Yield the offsets at which ``name`` begins, except in the rest of a longer word or behind a dot."""
    at = text.find(name)
    while at >= 0:
        before = text[at - 1 : at]
        if not (before.isalnum() or before in ("_", ".")):
            yield at
        at = text.find(name, at + 1)
