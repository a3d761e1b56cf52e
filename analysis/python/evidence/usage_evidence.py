"""Find evidence in the code around a hole against a list of members, without any inference.

For example:
    shape.radius = 2    # def grow(shape: Shape), and Shape has no radius
    shape.‸             →  the list is not complete, because "radius is used on it too"

Other members that are used on the receiver show that subclasses complete its class. A test of its type shows
that the receiver's type is narrowed.
"""

import re
from collections.abc import Set
from typing import Any

from holesmith.analysis.python.evidence.expected_errors import is_error_expected
from holesmith.analysis.python.evidence.type_tests import Occurrence, reason_of_test
from holesmith.analysis.python.inference.bindings import code_of, region_of, scope_of
from holesmith.analysis.python.project import PLACEHOLDER
from holesmith.analysis.syntax.occurrences import occurrences

# Tests of a type, also the project's own guards such as ``is_request(x)``, but not tests of paths and
# numbers. ``isinstance`` is left out because isinstance_tests.py reads it more closely.
_TESTS = re.compile(
    r"(?<!def )\b(?:issubclass|hasattr|getattr|setattr|delattr|callable|cast|type"
    r"|(?!isinstance|isfile|isdir|isabs|islink|ismount|isnan|isinf|isatty)(?:is|has)_?[a-z]\w*)\(\s*$"
)
_MEMBER = re.compile(r"\s*\.\s*([^\W\d]\w*)")
_ARGUMENT_END = re.compile(r"\s*[,)]")
_MATCH = re.compile(r"\bmatch\b[^\n]*$")
_HEADER_END = re.compile(r"\b[^\n]*:[ \t]*$", re.MULTILINE)
# Characters before a receiver that are searched for a test whose argument it is.
TEST_CHARACTERS = 200


def reason_to_doubt(known: Set[str], values: Any, context: Any, leaf: Any, receiver: list[Any]) -> str | None:
    """Return a reason to doubt that the receiver, with these values, has only the members ``known``.

    None without one.
    """
    text = "".join(each.get_code() for each in receiver).strip()
    region = code_of(context, region_of(leaf, receiver))
    spans = [(start, start + len(text)) for start in occurrences(region, text)]
    for _, stop in spans:
        member = _MEMBER.match(region, stop)
        if member is not None and member[1] not in known and member[1] not in (PLACEHOLDER, leaf.value):
            return f"{member[1]} is used on it too"
    if any(_is_tested(region, start, stop) for start, stop in spans):
        return "its type is tested"
    if any(_is_matched(region, start, stop) for start, stop in spans):
        return "it is matched"
    if is_error_expected(leaf):
        return "a missing attribute is expected"
    is_self = len(receiver) == 1 and getattr(receiver[0], "value", "") in ("self", "cls")
    found = _occurrences_before(context, leaf, receiver, text)
    return reason_of_test(values, context, leaf, found, is_self=is_self)


def _occurrences_before(context: Any, leaf: Any, receiver: list[Any], text: str) -> list[Occurrence]:
    """Yield the occurrences of the receiver in its function, up to the end of the hole's line, but not the
    hole's own.
    """
    scope = scope_of(leaf)
    code = code_of(context, scope)
    line, column = receiver[0].start_pos
    first_line, first_column = scope.start_pos
    lines = code.split("\n", line - first_line + 1)
    here = (
        sum(len(each) + 1 for each in lines[: line - first_line])
        + column
        - (first_column if line == first_line else 0)
    )
    end = code.find("\n", here)
    code = code[: end if end >= 0 else len(code)]
    spans = [
        (start, start + len(each))
        for each in (text, *_aliases(code, text))
        for start in occurrences(code, each)
    ]
    return [Occurrence(code, start, stop) for start, stop in spans if start != here]


def _aliases(code: str, text: str) -> list[str]:
    """Return the names that a name was assigned from: other names for the same object."""
    if not text.isidentifier():
        return []
    return re.findall(rf"^[ \t]*{text}[ \t]*=[ \t]*([^\W\d][\w.]*)[ \t]*$", code, re.MULTILINE)


def _is_tested(region: str, start: int, stop: int) -> bool:
    before = region[start - 1 : start]
    if not (before == "(" or before.isspace()) or _ARGUMENT_END.match(region, stop) is None:
        return False
    return _TESTS.search(region, max(start - TEST_CHARACTERS, 0), start) is not None


def _is_matched(region: str, start: int, stop: int) -> bool:
    if _HEADER_END.match(region, stop) is None:
        return False
    return _MATCH.search(region, region.rfind("\n", 0, start) + 1, start) is not None
