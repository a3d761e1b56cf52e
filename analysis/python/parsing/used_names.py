"""The names in a document's tree by their text, collected anew only where the document has changed.

jedi needs this mapping for each text. parso would walk the whole tree for it, although most statements are
the same nodes as in the last tree.
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
"""Types of nodes whose children an incremental parser, parso's or ours, may replace. Other nodes never
change.
"""


_ERRORS = frozenset(("error_node", "error_leaf"))


class NotedNames(UsedNamesMapping):
    """parso's mapping of names; ``is_whole`` is True if parso could parse everything in the tree."""

    def __init__(self, names: dict[str, list[Any]], *, is_whole: bool) -> None:
        super().__init__(names)
        self.is_whole = is_whole


@dataclass(frozen=True, slots=True)
class _Part:
    names: list[Any]
    is_whole: bool


@dataclass(slots=True)
class UsedNames:
    """The names of one document, kept from tree to tree by the nodes that hold them."""

    _by_part: dict[Any, _Part] = field(default_factory=dict[Any, _Part])

    def note(self, module: Any) -> None:
        """Collect the names in a tree and set them as parso's mapping."""
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
