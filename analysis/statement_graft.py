"""parso's tree of a text made that of the next text by parsing only the statements that differ.

Successive texts of a document differ in a statement or two. parso's own incremental parser compares all lines
and copies all nodes; here whole statements are parsed alone and put in the place of the old ones.

Invariant: a tree that was changed is the one that parso makes of the new text from nothing. What a parser
does with a text depends on the text before it only by its state, and that is known where a line ends a
statement: no bracket and no string is open, and the indentation is that of the statement. So statements are
replaced only between two such places, if they parse without errors to statements that begin in the same
column; and nothing is done where error recovery may have looked at them.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

from parso.cache import parser_cache, try_to_save_module
from parso.file_io import KnownContentFileIO
from parso.parser import InternalParseError, ParserSyntaxError
from parso.python.parser import Parser
from parso.python.tokenize import BOM_UTF8_STRING
from parso.tree import BaseNode

LINES_MAX = 40
"""So many lines are parsed at most; parso's own way is as fast for more."""
DISTANCE_MAX = 400
"""So many lines may lie between the first and the last that differ."""
_BLOCKS = ("file_input", "suite")
_ERRORS = ("error_node", "error_leaf")
_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_CODE = re.compile(r"([ \t]*)[^ \t\n#]")
_UNUSUAL = "\r\f\v\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line to Python's strings or to parso, but not to both, or is not counted in an indentation."""


class _Change(NamedTuple):
    """Lines of the old and of the new text, counted from 0 and half-open."""

    start: int
    stop: int
    new_start: int
    new_stop: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Whole lines of the old text: the statements ``block.children[first:stop]`` and comments around them.

    ``last`` is the leaf before their end and ``behind`` the next one, in whose prefix they end. The lines
    count from 1 and are half-open.
    """

    block: Any
    first: int
    stop: int
    last: Any
    behind: Any
    start_line: int
    stop_line: int


@dataclass(frozen=True, slots=True)
class _Graft:
    """``statements`` to be put in a place, and the prefix that the leaf behind them then has."""

    place: _Place
    statements: list[Any]
    prefix: str
    lines_more: int


def graft(grammar: Any, path: str | None, text: str) -> bool:
    """Whether parso's tree of a path, which is of an earlier text, has been made that of ``text``.

    If not, it is as it was. If it was interrupted, the tree is of no use.
    """
    key = None if path is None else Path(path).absolute()
    item: Any = parser_cache.get(grammar._hashed, {}).get(key)  # noqa: SLF001
    if item is None or any(character in text for character in _UNUSUAL) or text.startswith(BOM_UTF8_STRING):
        return False
    lines = text.splitlines(keepends=True)
    if not text or text.endswith("\n"):
        lines.append("")
    grafts = _grafts(grammar, item.node, item.lines, lines)
    if grafts is None:
        return False
    for each in reversed(grafts):
        _put(each)
    item.node._used_names = None  # noqa: SLF001
    try_to_save_module(
        grammar._hashed,  # noqa: SLF001
        KnownContentFileIO(key, text),
        item.node,
        lines,
        pickling=False,
    )
    return True


def _grafts(grammar: Any, module: Any, old: Sequence[str], new: Sequence[str]) -> list[_Graft] | None:
    """In the order of the text, with lines as in the old one; None if anything is uncertain."""
    places: list[tuple[_Change, _Place]] = []
    for each in _changes(old, new):
        change = each
        place = _place_of(module, change)
        while place and places and places[-1][1].stop_line >= place.start_line:
            before, _ = places.pop()
            change = _Change(before.start, change.stop, before.new_start, change.new_stop)
            place = _place_of(module, change)
        if place is None:
            return None
        places.append((change, place))
    grafts = list[_Graft]()
    for change, place in places:
        made = _graft_of(grammar, change, place, new)
        if made is None:
            return None
        grafts.append(made)
    return grafts or None


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    start = _same_count(old, new)
    same = _same_count(old[: start - 1 if start else None : -1], new[: start - 1 if start else None : -1])
    whole = _Change(start, len(old) - same, start, len(new) - same)
    if max(whole.stop, whole.new_stop) - start > DISTANCE_MAX:
        yield whole
        return
    matcher = SequenceMatcher(None, old[start : whole.stop], new[start : whole.new_stop], autojunk=False)
    for kind, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if kind != "equal":
            yield _Change(start + old_start, start + old_stop, start + new_start, start + new_stop)


def _same_count(some: Sequence[str], others: Sequence[str]) -> int:
    """How many lines are the same at the beginning; slices are compared much faster than line by line."""
    low, high = 0, min(len(some), len(others))
    while low < high:
        middle = (low + high + 1) // 2
        if some[low:middle] == others[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _place_of(module: Any, change: _Change) -> _Place | None:
    """The smallest place that holds a change; None if its ends are not known to be ends of statements."""
    start, stop = change.start + 1, change.stop + 1
    block = module
    while True:
        children = block.children
        lowest = 0 if block is module else 1
        first = bisect_left(children, start, lowest, key=_last_line)
        end = bisect_left(children, stop, first, key=_first_line)
        inner = _block_in(children[first], start, stop) if end == first + 1 else None
        if inner is None:
            break
        block = inner
    if any(child.type in _ERRORS or not hasattr(child, "children") for child in children[first:end]):
        return None
    before = children[first - 1] if first else None
    last = children[end - 1].get_last_leaf() if end else None
    behind = last.get_next_leaf() if last else module.get_first_leaf()
    if not (_ends_line(before) and _ends_line(last) and _is_certain(behind)):
        return None
    start_line = before.get_last_leaf().line + 1 if before else 1
    stop_line = max(stop, last.line + 1 if last else 1)
    return _Place(block, first, end, last, behind, start_line, stop_line)


def _block_in(statement: Any, start: int, stop: int) -> Any:
    """The block within a statement that holds lines, with the comments behind it."""
    if statement.type in _ERRORS:
        return None
    for child in getattr(statement, "children", ()):
        if child.type == "suite":
            if child.children[0].line < start and stop <= child.get_next_leaf().line:
                return child
        elif child.type in ("funcdef", "classdef", "async_funcdef", "with_stmt", "for_stmt"):
            return _block_in(child, start, stop)
    return None


def _ends_line(node: Any) -> bool:
    return node is None or (node.type not in _ERRORS and node.get_last_leaf().type == "newline")


def _is_certain(leaf: Any) -> bool:
    """Whether a leaf is no error, and none begins with it."""
    node = leaf
    while node is not None and node.type not in _ERRORS:
        if node.parent is None or node.parent.children[0] is not node:
            return True
        node = node.parent
    return node is None


def _graft_of(grammar: Any, change: _Change, place: _Place, new: Sequence[str]) -> _Graft | None:
    start = place.start_line - 1 + change.new_start - change.start
    stop = place.stop_line - 1 + change.new_stop - change.stop
    if stop - start > LINES_MAX:
        return None
    lines = new[start:stop]
    column = next((len(code[1]) for line in lines if (code := _CODE.match(line))), None)
    if column is None:
        parsed: tuple[list[Any], str] | None = [], "".join(lines)
    else:
        parsed = _parsed(grammar, lines, place.start_line, column)
    if parsed is None:
        return None
    statements, comments = parsed
    if not _COMMENTS.fullmatch(comments) or (statements and statements[-1].get_last_leaf().type != "newline"):
        return None
    old_comments, rest = _prefix_parts(place)
    fitting = _fitting(place, column, statements)
    if fitting is None or not _COMMENTS.fullmatch(old_comments):
        return None
    lines_more = len(lines) - (place.stop_line - place.start_line)
    return _Graft(fitting, statements, comments + rest, lines_more)


def _prefix_parts(place: _Place) -> tuple[str, str]:
    """What stands before the next leaf, within the place and behind it."""
    lines = place.behind.prefix.split("\n")
    count = place.stop_line - (place.last.line + 1 if place.last else 1)
    return "".join(line + "\n" for line in lines[:count]), "\n".join(lines[count:])


def _parsed(grammar: Any, lines: Sequence[str], line: int, column: int) -> tuple[list[Any], str] | None:
    """The statements in lines, if all begin in a column and are without errors, and the comments behind."""
    # The lower level makes a line that begins further left an error; the token that ends ours is not wanted.
    levels = [-1, column]
    tokenize: Any = grammar._tokenize_lines  # noqa: SLF001
    tokens = list(tokenize(lines, indents=levels, start_pos=(line, 0), is_first_token=False))
    del tokens[-2]
    try:
        module: Any = Parser(grammar._pgen_grammar, error_recovery=False).parse(tokens)  # noqa: SLF001
    except (ParserSyntaxError, InternalParseError):
        return None
    return module.children[:-1], module.children[-1].prefix


def _fitting(place: _Place, column: int | None, statements: list[Any]) -> _Place | None:
    """The place for statements in a column: the same, or if it is between statements that in their block."""
    children = place.block.children
    if place.first < place.stop:
        old_column = children[place.first].start_pos[1]
        if statements:
            return place if column == old_column else None
        lowest = 0 if place.block.type == "file_input" else 1
        beside = [
            *children[max(place.first - 1, lowest) : place.first],
            *children[place.stop : place.stop + 1],
        ]
        return place if any(child.start_pos[1] == old_column for child in beside) else None
    if not statements:
        return place
    node = place.last
    if node is None:
        return place if column == place.behind.column else None
    while node.parent is not None and node.type not in _ERRORS:
        block = node.parent
        index = block.children.index(node) + 1
        if block.type in _BLOCKS:
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


def _put(graft: _Graft) -> None:
    place = graft.place
    block = place.block
    place.behind.prefix = graft.prefix
    for statement in graft.statements:
        statement.parent = block
    block.children[place.first : place.stop] = graft.statements
    if graft.lines_more:
        _move(block, place.first + len(graft.statements), graft.lines_more)


def _move(block: Any, index: int, lines_more: int) -> None:
    """Move all that stands in or behind the children of a block from an index on."""
    nodes = list[Any]()
    while True:
        for child in block.children[index:]:
            if isinstance(child, BaseNode):
                nodes.append(child)
            else:
                child.line += lines_more
        if block.parent is None:
            break
        index = block.parent.children.index(block) + 1
        block = block.parent
    while nodes:
        for child in nodes.pop().children:
            if isinstance(child, BaseNode):
                nodes.append(child)
            else:
                child.line += lines_more


def _first_line(node: Any) -> int:
    return node.start_pos[0]


def _last_line(node: Any) -> int:
    return node.get_last_leaf().line
