"""Find the whole statements of parso's tree that hold a change of some lines.

Invariant: a place begins and ends between two lines, one of which ends a statement and the next begins
another, with no bracket, string or error left open. So the nodes in a place depend only on the lines in it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from holesmith.analysis.python.parsing.line_diff import Change

_ERRORS = ("error_node", "error_leaf")
_INDENTS = ("INDENT",)
_DEDENTS = ("DEDENT", "ERROR_DEDENT")


@dataclass(frozen=True, slots=True)
class Place:
    """Whole lines of a text: the statements ``block.children[first:stop]`` and the comments around them.

    ``last`` is the last leaf before the end of the place, None at the beginning of the file. ``behind`` is
    the leaf after it; the place ends within that leaf's prefix. Lines count from 1 and are half-open.
    """

    block: Any
    first: int
    stop: int
    last: Any
    behind: Any
    start_line: int
    stop_line: int

    @property
    def is_between(self) -> bool:
        """True if the place holds no statement, but at most comments."""
        return self.first == self.stop


def place_of(module: Any, change: Change) -> Place | None:
    """Return the smallest place that holds the old lines of a change; None if its ends are not certain."""
    start, stop = change.start + 1, change.stop + 1
    block = module
    while True:
        children = block.children
        first = bisect_left(children, start, _lowest(block), key=_last_line)
        end = bisect_left(children, stop, first, key=_first_line)
        inner = _block_in(children[first], start, stop) if end == first + 1 else None
        if inner is None:
            break
        block = inner
    first, end = _widened(children, _lowest(block), first, end)
    before = children[first - 1] if first else None
    last = children[end - 1].get_last_leaf() if end else None
    behind = last.get_next_leaf() if last else module.get_first_leaf()
    if not (ends_line(before) and ends_line(last) and _is_certain(behind) and is_whole(children[first:end])):
        return None
    start_line = before.get_last_leaf().line + 1 if before else 1
    stop_line = max(stop, last.line + 1 if last else 1)
    return Place(block, first, end, last, behind, start_line, stop_line)


def place_without(place: Place) -> Place | None:
    """Return the place itself if its statements may be removed, None if they may not.

    A statement beside them must begin in the same column, because the parser learns the column from it.
    """
    if place.is_between:
        return place
    children = place.block.children
    column = children[place.first].start_pos[1]
    beside = children[max(place.first - 1, _lowest(place.block)) : place.first]
    beside += children[place.stop : place.stop + 1]
    return place if any(child.start_pos[1] == column for child in beside) else None


def place_for_column(place: Place, column: int) -> Place | None:
    """Return the place for new statements that begin in ``column``; None if there is none.

    A place between statements may be moved to the end of the block whose statements begin in that column.
    """
    if not place.is_between:
        return place if place.block.children[place.first].start_pos[1] == column else None
    node = place.last
    if node is None:
        return place if column == place.behind.column else None
    while node.parent is not None and node.type not in _ERRORS:
        block = node.parent
        index = block.children.index(node) + 1
        if block.type in ("file_input", "suite"):
            if node.type == "newline":  # of a header, or a line that holds nothing else
                is_fitting = index < len(block.children) and place.behind.column == column
            else:
                is_fitting = node.start_pos[1] == column
            if is_fitting:
                return replace(place, block=block, first=index, stop=index)
        if index < len(block.children):
            return None
        node = block
    return None


def is_whole(statements: Sequence[Any]) -> bool:
    """True if the parser's state is the same before and behind some statements, whatever errors they have."""
    if not statements:
        return True
    column = statements[0].start_pos[1]
    return (
        statements[-1].type != "endmarker"
        and not _is_error_of(statements[0], _INDENTS)
        and not any(each.start_pos[1] < column or _is_error_of(each, _DEDENTS) for each in statements)
    )


def ends_line(node: Any) -> bool:
    """True if the next line begins a statement, or if there is no node."""
    return node is None or node.get_last_leaf().type == "newline"


def _block_in(statement: Any, start: int, stop: int) -> Any:
    """The block within a statement that holds the lines from ``start`` to ``stop``, including the comments
    behind the block; None without one.
    """
    if statement.type in _ERRORS:
        return None
    for child in getattr(statement, "children", ()):
        if child.type == "suite":
            if child.children[0].line < start and stop <= child.get_next_leaf().line:
                return child
        elif child.type in ("funcdef", "classdef", "async_funcdef", "with_stmt", "for_stmt"):
            return _block_in(child, start, stop)
    return None


def _widened(children: list[Any], lowest: int, first: int, end: int) -> tuple[int, int]:
    """Widen a range of children by the nodes that error recovery made of the lines around it."""
    while first > lowest and not _is_plain(children[first - 1]):
        first -= 1
    column = children[first].start_pos[1] if first < len(children) else 0
    are_plain = all(map(_is_plain, children[first:end]))
    while end < len(children) and (first < end or children[end].type in _ERRORS):
        child = children[end]
        is_end = child.type not in _ERRORS and ends_line(children[end - 1])
        if is_end and (are_plain or child.start_pos[1] == column):
            break
        are_plain = False
        end += 1
    return first, end


def _is_plain(child: Any) -> bool:
    return child.type not in ("error_node", "error_leaf", "newline") and ends_line(child)


def _is_certain(leaf: Any) -> bool:
    """True if a leaf is no error and no error node begins with it."""
    node = leaf
    while node is not None and node.type not in _ERRORS:
        if node.parent is None or node.parent.children[0] is not node:
            return True
        node = node.parent
    return node is None


def _is_error_of(node: Any, kinds: tuple[str, ...]) -> bool:
    return node.type == "error_leaf" and node.token_type in kinds


def _lowest(block: Any) -> int:
    """The index of a block's first statement; the node before it is the line end of the header."""
    return 1 if block.type == "suite" else 0


def _first_line(node: Any) -> int:
    return node.start_pos[0]


def _last_line(node: Any) -> int:
    return node.get_last_leaf().line
