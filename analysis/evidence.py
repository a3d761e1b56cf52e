"""What the rest of the file says about a receiver: other members used on it, or tests of its type.

A class may be completed by its subclasses, and a name may be narrowed by a test; the code around the
hole shows both, without any inference.
"""

import re
from collections.abc import Set
from typing import Any

from holesmith.analysis.bindings import code_of, region_of
from holesmith.analysis.jedi_project import PLACEHOLDER

# Also guards of the project's own: ``is_request(x)``, but not the tests of a path's file. What ``isinstance``
# says is read more closely (type_tests.py).
_TESTS = (
    r"(?<!def )\b(?:issubclass|hasattr|getattr|setattr|delattr|callable|cast|type"
    r"|(?!isinstance|isfile|isdir|isabs|islink|ismount|isnan|isinf|isatty)(?:is|has)_?[a-z]\w*)\(\s*"
)


def contradiction(known: Set[str], context: Any, leaf: Any, receiver: list[Any]) -> str | None:
    """A reason to doubt that the receiver has only ``known`` members."""
    text = "".join(each.get_code() for each in receiver).strip()
    region = code_of(context, region_of(leaf, receiver))
    pattern = re.escape(text)
    for match in re.finditer(rf"(?<![\w.]){pattern}\s*\.\s*([^\W\d]\w*)", region):
        if match[1] not in known and match[1] not in (PLACEHOLDER, leaf.value):
            return f"{match[1]} is used on it too"
    if re.search(rf"{_TESTS}{pattern}\s*[,)]", region):
        return "its type is tested"
    if re.search(rf"\bmatch\b[^\n]*(?<![\w.]){pattern}\b[^\n]*:[ \t]*$", region, re.M):
        return "it is matched"
    return "a missing attribute is caught" if _is_caught(leaf) else None


def _is_caught(leaf: Any) -> bool:
    """Whether the code stands in a ``try`` that goes on where an attribute is missing."""
    node = leaf
    while (node := node.search_ancestor("try_stmt", "funcdef", "classdef")) is not None:
        if node.type != "try_stmt":
            return False
        clauses = [each for each in node.children if each.type == "except_clause"]
        is_tried = leaf.start_pos < node.children[2].end_pos
        if is_tried and any("AttributeError" in each.get_code(include_prefix=False) for each in clauses):
            return True
    return False
