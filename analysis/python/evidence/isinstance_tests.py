"""Find the classes that ``isinstance`` tests name for a receiver, which it may have besides its declared one.

For example:
    if isinstance(shape, Circle): print(shape.radius)    # def draw(shape: Shape)
    shape.‸    →  the members of Shape and of Circle

In any branch the receiver is of its declared class or of a tested one. So all their members together are a
complete list, and the flow of control need not be followed.
"""

import re
from typing import Any

from holesmith.analysis.python.inference.bindings import code_of, region_of
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.parsing.parso_nodes import arguments_of, elements_of, is_postfix, is_trailer
from jedi.inference.base_value import NO_VALUES, ValueSet


def tested_values(module_context: Any, leaf: Any, receiver: list[Any]) -> Any:
    """Return instances, as jedi's values, of all classes for which the code around tests the receiver.

    None if there is a test whose classes are not known for certain.
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
    """The arguments of the call of a name; empty if the name is not called."""
    trailer = name.get_next_sibling()
    return arguments_of(trailer) if trailer is not None and is_trailer(trailer, "(") else []


def _instances(module_context: Any, node: Any) -> Any:
    """Instances of the classes that the second argument names; empty if one of them is not certain."""
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
