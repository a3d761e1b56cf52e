"""What ``isinstance`` tests say of a receiver: the classes that it may have beside its declared one.

Whatever branch the hole is in, the receiver is of its declared class or of a tested one, so all their members
together are a complete list. No flow of control needs to be followed for that.
"""

import re
from typing import Any

from holesmith.analysis.python.inference.bindings import code_of, region_of
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.parsing.parso_nodes import arguments_of, elements_of, is_postfix, is_trailer
from jedi.inference.base_value import NO_VALUES, ValueSet


def tested_values(module_context: Any, leaf: Any, receiver: list[Any]) -> Any:
    """jedi's instances of all classes that the code around ``leaf`` tests the receiver for.

    None where there are tests whose classes are not known for certain.
    """
    text = "".join(each.get_code() for each in receiver).strip()
    region = region_of(leaf, receiver)
    count = len(re.findall(rf"\bisinstance\(\s*{re.escape(text)}\s*[,)]", code_of(module_context, region)))
    if not count:
        return NO_VALUES
    found: list[Any] = []
    for name in leaf.get_root_node().get_used_names().get("isinstance", ()):
        if not region.start_pos <= name.start_pos < region.end_pos:
            continue
        arguments = _arguments(name)
        if len(arguments) == 2 and arguments[0].get_code().strip() == text:
            values = _instances(module_context, arguments[1])
            if not values:
                return None
            found.append(values)
    return ValueSet.from_sets(found) if len(found) == count else None


def _arguments(name: Any) -> list[Any]:
    """Of a call of the name; empty if it is none that can be read."""
    trailer = name.get_next_sibling()
    return arguments_of(trailer) if trailer is not None and is_trailer(trailer, "(") else []


def _instances(module_context: Any, node: Any) -> Any:
    """Of the class or classes that the second argument names; empty where one is not certain."""
    if node.type == "atom" and node.children[0].value == "(":
        parts = elements_of(node.children[1], "testlist_comp")
    else:
        parts = elements_of(node, "expr")
    found: list[Any] = []
    for part in parts:
        if part.type != "name" and not is_postfix(part):
            return NO_VALUES
        operands = list(part.children) if part.type != "name" else [part]
        context = module_context.create_context(part)
        classes = ValueInference().chain(context, operands)
        if not classes or not all(each.is_class() for each in classes):
            return NO_VALUES
        found.append(classes.execute_annotation(context))
    return ValueSet.from_sets(found)
