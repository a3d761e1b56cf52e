"""The members that the text of a class gives to it and to its instances, read from parso's tree.

They are those that jedi's filters of names find, which look at every name of the file for that, and infer
what each ``self`` is; only that one which is bound anew is still taken for the instance here. What a class
inherits is not looked at.
"""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import SymbolKind
from holesmith.analysis.python.inference.bindings import scope_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer
from jedi.parser_utils import function_is_property

Kinds = dict[str, SymbolKind]
"""The names of members and what they are."""

_KINDS: dict[str, SymbolKind] = {
    "import_name": "module",
    "import_from": "module",
    "funcdef": "function",
    "classdef": "class",
}
_BODIES = frozenset(("funcdef", "classdef", "lambdef"))


def class_members(classdef: Any) -> Kinds:
    """What the body of a class binds, in any branch; of several bindings the last counts."""
    found: Kinds = {}
    for name in _names_outside_functions(classdef.children[-1]):
        if name.is_definition(include_setitem=True) and _is_in_scope(name, classdef):
            definition = name.get_definition(import_name_always=True, include_setitem=True)
            kind = _KINDS.get(definition.type, "statement")
            found[name.value] = "property" if _is_property(definition) else kind
    return found


def instance_members(classdef: Any) -> Kinds:
    """What methods bind behind their first parameter, those of classes and static ones too."""
    start, stop = classdef.start_pos, classdef.end_pos
    used = classdef.get_root_node().get_used_names()
    receivers = {name.value for name in map(_first_parameter, _methods(classdef)) if name is not None}
    found: Kinds = {}
    for receiver in sorted(receivers):
        for name in used.get(receiver, ()):
            member = _member_behind(name)
            if member is None or not start < name.start_pos < stop:
                continue
            if member.is_definition() and _is_first_parameter(name, classdef):
                found[member.value] = "statement"
    return found


def _names_outside_functions(node: Any) -> Iterator[Any]:
    """The names in a part of a class, without those in the bodies of functions and classes, and without
    parameters and what stands behind dots.
    """
    children = node.children
    if node.type in _BODIES:
        if node.type != "lambdef":
            yield node.name
        children = children[:-1]
    elif is_trailer(node, "."):
        return
    elif node.type in ("param", "tfpdef"):
        children = children[1:]
    for child in children:
        if hasattr(child, "children"):
            yield from _names_outside_functions(child)
        elif child.type == "name" and node.type not in _BODIES:
            yield child


def _is_in_scope(name: Any, scope: Any) -> bool:
    return scope_of(name.parent if name.parent.type in ("classdef", "funcdef") else name) is scope


def _is_property(definition: Any) -> bool:
    return definition.type == "funcdef" and function_is_property(definition)


def _methods(classdef: Any) -> Iterator[Any]:
    """The functions that the body of a class defines, in any branch."""
    blocks = [classdef.children[-1]]
    while blocks:
        for child in blocks.pop().children:
            if child.type == "funcdef":
                yield child
            elif child.type not in ("classdef", "simple_stmt") and hasattr(child, "children"):
                blocks.append(child)


def _first_parameter(function: Any) -> Any:
    """Its name, or None."""
    parameters = function.get_params()
    return parameters[0].name if parameters else None


def _member_behind(name: Any) -> Any:
    """The name in ``name.member``, if nothing follows."""
    owner = name.parent
    if not is_postfix(owner) or len(owner.children) != 2 or owner.children[0] is not name:
        return None
    trailer = owner.children[1]
    return trailer.children[1] if is_trailer(trailer, ".") else None


def _is_first_parameter(name: Any, classdef: Any) -> bool:
    """Whether the innermost function around it that has a parameter of this name is a method of the class,
    and that is its first one.
    """
    function = scope_of(name)
    while function is not None and function.type != "file_input":
        if function.type in ("funcdef", "lambdef"):
            names = [parameter.name.value for parameter in function.get_params()]
            if name.value in names:
                is_method = function.type == "funcdef" and scope_of(function) is classdef
                return is_method and names[0] == name.value
        function = scope_of(function)
    return False
