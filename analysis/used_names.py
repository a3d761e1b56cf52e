"""The names in a document's tree by their text, collected anew only where the document has changed.

jedi needs them for each text. parso walks the whole tree for that, though its incremental parser takes over
all statements of the last tree that are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from parso.python.tree import UsedNamesMapping

_REOPENED = frozenset(
    ("suite", "funcdef", "classdef", "decorated", "async_funcdef", "async_stmt", "file_input")
)
"""Nodes that the incremental parser keeps and gives other children; all others stay what they are."""


@dataclass(slots=True)
class UsedNames:
    """Of one document, from tree to tree."""

    _by_part: dict[Any, list[Any]] = field(default_factory=dict[Any, list[Any]])

    def note(self, module: Any) -> None:
        """Have parso's module know its names."""
        kept: dict[Any, list[Any]] = {}
        found: dict[str, list[Any]] = {}
        for part in _parts(module):
            names = self._by_part.get(part)
            if names is None:
                names = list(_names_in(part))
            kept[part] = names
            for name in names:
                found.setdefault(name.value, []).append(name)
        self._by_part = kept
        module._used_names = UsedNamesMapping(found)  # noqa: SLF001


def _parts(node: Any) -> Iterator[Any]:
    for child in node.children:
        if child.type in _REOPENED:
            yield from _parts(child)
        elif child.type == "name" or hasattr(child, "children"):
            yield child


def _names_in(node: Any) -> Iterator[Any]:
    if node.type == "name":
        yield node
        return
    for child in getattr(node, "children", ()):
        yield from _names_in(child)
