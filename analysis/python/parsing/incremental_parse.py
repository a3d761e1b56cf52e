"""Change parso's tree of a text into the tree of the next text, parsing only the statements that differ.

Successive texts of a document differ in a statement or two. parso's own incremental parser compares all lines
and copies all nodes. Here the statements that differ are parsed alone and put in the place of the old ones.

Invariant: a changed tree equals the tree that parso makes of the new text from nothing. The text before a
statement influences the parser only through the parser's state: open brackets, strings, blocks and errors,
and the indentations. So statements are replaced only between two places where nothing is open, and only if
the new statements begin in the column of the old ones and leave nothing open either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holesmith.analysis.python.parsing.jedi_internals import (
    cache_tree,
    cached_tree,
    parser_tables,
    set_used_names,
    tokens_of,
)
from holesmith.analysis.python.parsing.line_diff import Change, changes_of
from holesmith.analysis.python.parsing.statement_spans import (
    Place,
    ends_line,
    is_whole,
    place_for_column,
    place_of,
    place_without,
)
from holesmith.analysis.syntax.languages.python import PYTHON
from parso.parser import InternalParseError
from parso.python.parser import Parser
from parso.python.token import PythonTokenTypes
from parso.python.tokenize import BOM_UTF8_STRING
from parso.tree import BaseNode

# Lines that are parsed at most; beyond that parso's own incremental parser does it.
LINES_MAX = 250
_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_CODE = re.compile(r"([ \t]*)[^ \t\n#]")
_UNUSUAL = "\r\f\v\x1c\x1d\x1e\x85\u2028\u2029"
"""Characters that end a line only for ``str.splitlines`` or only for parso, or that do not count as
indentation.
"""


class _StatementParser(Parser):
    """A parser that gives up on incomplete statements, because in the whole text more text follows them."""

    def error_recovery(self, token: Any) -> None:
        if token.type is PythonTokenTypes.ENDMARKER:
            raise InternalParseError("incomplete statement", *token[:3])
        super().error_recovery(token)


@dataclass(frozen=True, slots=True)
class _Replacement:
    """Statements to be put in a place.

    ``prefix`` is the new prefix (white space and comments) of the leaf behind them, and ``lines_more`` the
    number of lines by which the text grows.
    """

    place: Place
    statements: list[Any]
    prefix: str
    lines_more: int


def reparse_statements(grammar: Any, path: str | None, text: str) -> bool:
    """Change parso's tree of a path, which is that of an earlier text, into the tree of ``text``.

    Returns False if this is not certain to succeed; the tree is then unchanged. If this function is
    interrupted, the tree must not be used any more.
    """
    key = None if path is None else Path(path).absolute()
    item = cached_tree(grammar, key)
    if item is None or any(each in text for each in _UNUSUAL) or text.startswith(BOM_UTF8_STRING):
        return False
    lines = text.splitlines(keepends=True)
    if not text or text.endswith("\n"):
        lines.append("")
    replacements = _replacements(grammar, item.node, item.lines, lines)
    if replacements is None:
        return False
    for each in reversed(replacements):  # from the end, so that the places before it do not move
        _put(each)
    set_used_names(item.node, None)
    cache_tree(grammar, key, text, item.node, lines)
    return True


def _replacements(
    grammar: Any, module: Any, old: Sequence[str], new: Sequence[str]
) -> list[_Replacement] | None:
    """The replacements in the order of the text, in lines of the old text; None if one is uncertain."""
    found: list[tuple[Change, Place]] = []
    for each in changes_of(old, new):
        change = each
        place = place_of(module, change)
        while place and found and found[-1][1].stop_line >= place.start_line:
            change = found.pop()[0].to(change)
            place = place_of(module, change)
        if place is None:
            return None
        found.append((change, place))
    replacements = list[_Replacement]()
    for change, place in found:
        made = _replacement_of(grammar, change, place, new)
        if made is None:
            return None
        replacements.append(made)
    return replacements or None


def _replacement_of(grammar: Any, change: Change, place: Place, new: Sequence[str]) -> _Replacement | None:
    start = place.start_line - 1 + change.new_start - change.start
    stop = place.stop_line - 1 + change.new_stop - change.stop
    if stop - start > LINES_MAX:
        return None
    lines = new[start:stop]
    column = next((len(code[1]) for line in lines if (code := _CODE.match(line))), None)
    if column is None:
        parsed: tuple[list[Any], str] | None = [], "".join(lines)
        fitting = place_without(place)
    else:
        parsed = _parsed(grammar, lines, place.start_line, column)
        fitting = place_for_column(place, column)
    old_comments, rest = _prefix_parts(place)
    if parsed is None or fitting is None or not _COMMENTS.fullmatch(parsed[1] + old_comments):
        return None
    return _Replacement(
        fitting, parsed[0], parsed[1] + rest, len(lines) - (place.stop_line - place.start_line)
    )


def _prefix_parts(place: Place) -> tuple[str, str]:
    """Split the prefix of the leaf behind a place: the part within the place, and the part behind it."""
    lines = place.behind.prefix.split("\n")
    count = place.stop_line - (place.last.line + 1 if place.last else 1)
    return "".join(line + "\n" for line in lines[:count]), "\n".join(lines[count:])


def _parsed(grammar: Any, lines: Sequence[str], line: int, column: int) -> tuple[list[Any], str] | None:
    """Parse lines whose statements begin in a column, the first line being number ``line``.

    Returns the statements and the white space and comments behind them, or None if they leave anything open.
    """
    # The level -1 turns a line that begins further left into an error. The token that closes the level of
    # ``column`` is dropped, since there is no block.
    tokens = tokens_of(grammar, lines, line, indents=[-1, column])
    del tokens[-2]
    kinds = [token.type for token in tokens if token.type is not PythonTokenTypes.DEDENT]
    if kinds[-2:-1] != [PythonTokenTypes.NEWLINE]:
        return None
    try:
        module: Any = _StatementParser(parser_tables(grammar)).parse(tokens)
    except InternalParseError:
        return None
    *statements, end = module.children
    head = statements[0].get_first_leaf()
    if head.column != column or head.value in PYTHON.clause_words or not ends_line(statements[-1]):
        return None
    return (statements, end.prefix) if is_whole(statements) else None


def _put(replacement: _Replacement) -> None:
    place = replacement.place
    place.behind.prefix = replacement.prefix
    for statement in replacement.statements:
        statement.parent = place.block
    place.block.children[place.first : place.stop] = replacement.statements
    if replacement.lines_more:
        _move(place.block, place.first + len(replacement.statements), replacement.lines_more)


def _move(block: Any, index: int, lines_more: int) -> None:
    """Shift the line numbers of a block's children from ``index`` on, and of all that follows the block."""
    nodes = list[Any]()
    while True:
        nodes += block.children[index:]
        if block.parent is None:
            break
        index = block.parent.children.index(block) + 1
        block = block.parent
    while nodes:
        node = nodes.pop()
        if isinstance(node, BaseNode):
            nodes += node.children
        else:
            node.line += lines_more
