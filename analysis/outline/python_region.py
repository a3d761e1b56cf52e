"""The part of a Python file that decides whether a text inserted at one place can be compiled.

A file of 1,000 lines takes Python's compiler some 20 ms, and a method with the headers of its classes less
than one. So the part is the statement around the hole that stands at the left margin, or, inside a class, the
one that stands in the body of the innermost class, with its neighbours, because a suggestion may be a clause
of the statement above.
"""

import re
from dataclasses import dataclass

LINES_MAX = 2_000
"""Lines on either side of the hole in which the part is searched."""
_BLANK = re.compile(r"\s*(#|$)")
_CLASS = re.compile(r"\s*class\b.*:\s*(#.*)?$")
_CONTINUES = re.compile(r"\s*((elif|else|except|finally|case)\b|[)\]}])")
_TRY = re.compile(r"(\s*)try\s*:")
_HANDLER = re.compile(r"\s*(except|finally)\b")


@dataclass(frozen=True, slots=True)
class Region:
    """The text ``before`` and ``after`` the hole that must compile with what is put between the two."""

    before: str
    after: str

    def around(self, text: str) -> str:
        return self.before + text + self.after


def region_of(before: str, after: str) -> Region:
    """Return the region around a hole between two texts."""
    above, below = before.split("\n")[-LINES_MAX:], after.split("\n", LINES_MAX)[:LINES_MAX]
    line = above.pop()
    column = column_of(line if line.strip() else line + below[0])
    headers, first = _headers(above, column)
    level = _column_of_body(above[first:], column) if headers else 0
    start = _start(above, first, level)
    is_statement = column <= level or _is_decorator(above[-1:], level)
    stop = _stop(below, level, siblings=1 if is_statement else 0)
    return Region("\n".join((*headers, *above[start:], line)), "\n".join(below[:stop]) + "\n")


def own_statement(region: Region) -> Region:
    """Return the region without the statement above that of the hole.

    A line at the left margin may be the end of a string.
    """
    line = region.before.rfind("\n") + 1
    return Region(region.before[line:], region.after)


def column_of(line: str) -> int:
    """Return the width of a line's indentation; a tab goes to the next multiple of 8."""
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def with_tries_closed(code: str) -> str:
    """Return the code with ``if 1:`` in place of each ``try:`` that nothing handles yet."""
    lines = code.split("\n")
    for row, line in enumerate(lines):
        found = _TRY.match(line)
        if found is not None and not _is_handled(lines[row + 1 :], column_of(line)):
            lines[row] = f"{found[1]}if 1:{line[found.end() :]}"
    return "\n".join(lines)


def _is_handled(below: list[str], column: int) -> bool:
    ends = (line for line in below if not _BLANK.match(line) and column_of(line) <= column)
    end = next(ends, "")
    return column_of(end) == column and _HANDLER.match(end) is not None


def _headers(above: list[str], column: int) -> tuple[list[str], int]:
    """Return the headers of the classes around the hole, outermost first, and the row behind the last.

    Only classes without a function around them count: a function's names decide about ``nonlocal``.
    """
    chain: list[tuple[int, str]] = []
    for row in range(len(above) - 1, -1, -1):
        line = above[row]
        if not _BLANK.match(line) and column_of(line) < column:
            column = column_of(line)
            chain.append((row, line))
        if column == 0:
            break
    headers: list[str] = []
    first = 0
    for row, line in reversed(chain):
        if _CLASS.match(line) is None:
            break
        headers.append(line)
        first = row + 1
    return headers, first


def _column_of_body(body: list[str], column: int) -> int:
    return next((column_of(line) for line in body if not _BLANK.match(line)), column)


def _start(above: list[str], first: int, level: int) -> int:
    """Return the row at which the statement above the hole begins, with its decorators."""
    start = len(above)
    for row in range(len(above) - 1, first - 1, -1):
        line = above[row]
        if _BLANK.match(line) or column_of(line) > level or _CONTINUES.match(line):
            continue
        if start < len(above) and not line.lstrip().startswith("@"):
            return start
        start = row
    return start if start < len(above) else first


def _is_decorator(line: list[str], level: int) -> bool:
    return any(column_of(each) <= level and each.lstrip().startswith("@") for each in line)


def _stop(below: list[str], level: int, siblings: int) -> int:
    """Return the row before which the region ends, behind so many statements after that of the hole."""
    for row in range(1, len(below)):
        line = below[row]
        if _BLANK.match(line) or column_of(line) > level or _CONTINUES.match(line):
            continue
        if column_of(line) < level or siblings == 0:
            return row
        siblings -= not line.lstrip().startswith("@")
    return len(below)
