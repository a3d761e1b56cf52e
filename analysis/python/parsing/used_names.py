"""The names in a document's tree by their text, collected anew only where the document has changed.

jedi needs them for each text. parso walks the whole tree for that, though its incremental parser takes over
all statements of the last tree that are the same.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.python.parsing.jedi_internals import set_used_names
from parso.python.tree import UsedNamesMapping
from parso.tree import BaseNode

_REOPENED = frozenset(
    (
        *("suite", "funcdef", "classdef", "decorated", "async_funcdef", "async_stmt", "file_input"),
        *("if_stmt", "while_stmt", "for_stmt", "try_stmt", "with_stmt"),
    )
)
"""Nodes that are kept and given other children, by parso's incremental parser or ours; all others stay what
they are."""


_ERRORS = frozenset(("error_node", "error_leaf"))


class NotedNames(UsedNamesMapping):
    """parso's mapping of names; ``is_whole`` says that the tree has nothing which parso could not parse."""

    def __init__(self, names: dict[str, list[Any]], *, is_whole: bool) -> None:
        super().__init__(names)
        self.is_whole = is_whole


@dataclass(frozen=True, slots=True)
class _Part:
    names: list[Any]
    is_whole: bool


@dataclass(slots=True)
class UsedNames:
    """Of one document, from tree to tree."""

    _by_part: dict[Any, _Part] = field(default_factory=dict[Any, _Part])

    def note(self, module: Any) -> None:
        """Have parso's module know its names."""
        kept: dict[Any, _Part] = {}
        found = defaultdict[str, list[Any]](list)
        is_whole = True
        nodes: list[Any] = [module]
        while nodes:
            node = nodes.pop()
            kind = node.type
            if kind in _REOPENED:
                nodes += node.children[::-1]
            elif kind == "name":
                found[node.value].append(node)
            elif isinstance(node, BaseNode):
                part = self._by_part.get(node) or _part_of(node)
                kept[node] = part
                is_whole = is_whole and part.is_whole
                for name in part.names:
                    found[name.value].append(name)
            elif kind == "error_leaf":
                is_whole = False
        self._by_part = kept
        set_used_names(module, NotedNames(dict(found), is_whole=is_whole))


def _part_of(node: Any) -> _Part:
    names: list[Any] = []
    is_whole = True
    nodes = [node]
    while nodes:
        each = nodes.pop()
        if each.type == "name":
            names.append(each)
        elif each.type in _ERRORS:
            is_whole = False
        nodes += getattr(each, "children", ())[::-1]
    return _Part(names, is_whole)
