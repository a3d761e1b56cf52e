"""The names in a document's tree by their text, collected anew only where the document has changed.

jedi needs them for each text. parso walks the whole tree for that, though its incremental parser takes over
all statements of the last tree that are the same.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from parso.python.tree import UsedNamesMapping
from parso.tree import BaseNode

_REOPENED = frozenset(
    (
        *("suite", "funcdef", "classdef", "decorated", "async_funcdef", "async_stmt", "file_input"),
        *("if_stmt", "while_stmt", "for_stmt", "try_stmt", "with_stmt"),
    )
)
"""Nodes that are kept and given other children, by the incremental parser or a graft; all others stay what
they are."""


@dataclass(slots=True)
class UsedNames:
    """Of one document, from tree to tree."""

    _by_part: dict[Any, list[Any]] = field(default_factory=dict[Any, list[Any]])

    def note(self, module: Any) -> None:
        """Have parso's module know its names."""
        kept: dict[Any, list[Any]] = {}
        found = defaultdict[str, list[Any]](list)
        nodes: list[Any] = [module]
        while nodes:
            node = nodes.pop()
            kind = node.type
            if kind in _REOPENED:
                nodes += node.children[::-1]
            elif kind == "name":
                found[node.value].append(node)
            elif isinstance(node, BaseNode):
                names = self._by_part.get(node)
                if names is None:
                    names = list(_names_in(node))
                kept[node] = names
                for name in names:
                    found[name.value].append(name)
        self._by_part = kept
        module._used_names = UsedNamesMapping(dict(found))  # noqa: SLF001


def _names_in(node: Any) -> Iterator[Any]:
    if node.type == "name":
        yield node
        return
    for child in getattr(node, "children", ()):
        yield from _names_in(child)
