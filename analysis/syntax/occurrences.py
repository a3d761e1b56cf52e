"""Where a name stands in a text, found without a pattern: one would have to be compiled for each name."""

from collections.abc import Iterator


def occurrences(text: str, name: str) -> Iterator[int]:
    """Where ``name`` begins and is not the rest of a longer word, nor behind a dot."""
    at = text.find(name)
    while at >= 0:
        before = text[at - 1 : at]
        if not (before.isalnum() or before in ("_", ".")):
            yield at
        at = text.find(name, at + 1)
