"""Read the members that the text of a class gives to the class and to its instances from parso's tree.

For example:
    class Counter:
        def reset(self): self.count = 0    # reset is a member of the class, count one of its instances

The result is that of jedi's filters of names, which are slow: they look at every name of the file and infer
each ``self``. The only difference: a ``self`` that a method binds anew still counts as the instance here.
Inherited members are not included.
"""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import SymbolKind
from holesmith.analysis.python.inference.annotations import string_payload
from holesmith.analysis.python.inference.bindings import scope_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer
from jedi.parser_utils import function_is_property

Kinds = dict[str, SymbolKind]
"""The kinds of members by their names."""

_KINDS: dict[str, SymbolKind] = {
    "import_name": "module",
    "import_from": "module",
    "funcdef": "function",
    "classdef": "class",
}
_BODIES = frozenset(("funcdef", "classdef", "lambdef"))


def class_members(classdef: Any) -> Kinds:
    """Return the members that the body of a class binds, in any branch; the last binding of a name counts."""
    found: Kinds = {}
    for name in _names_outside_functions(classdef.children[-1]):
        if name.is_definition(include_setitem=True) and _is_in_scope(name, classdef):
            definition = name.get_definition(import_name_always=True, include_setitem=True)
            kind = _KINDS.get(definition.type, "statement")
            found[name.value] = "property" if _is_property(definition) else kind
            if name.value == "__slots__" and definition.type == "expr_stmt":
                found.update(dict.fromkeys(_strings_in(definition.get_rhs()), "statement"))
    return found


def _strings_in(node: Any) -> Iterator[str]:
    """The names in ``__slots__``: a string, or a display of strings; of a dictionary the keys."""
    if node.type == "string":
        text = string_payload(node)
        if text.isidentifier():
            yield text
        return
    is_value_of_key = False
    for child in getattr(node, "children", ()):
        if getattr(child, "value", "") in (":", ","):
            is_value_of_key = child.value == ":"
        elif not is_value_of_key:
            yield from _strings_in(child)


def instance_members(classdef: Any) -> Kinds:
    """Return the members that methods bind behind their first parameter, such as ``self.count = 0``.

    Class methods and static methods count too.
    """
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
    """The names in a part of a class.

    Names in the bodies of functions and classes, names of parameters and names behind dots are left out.
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
    """The name of a function's first parameter; None without parameters."""
    parameters = function.get_params()
    return parameters[0].name if parameters else None


def _member_behind(name: Any) -> Any:
    """The leaf ``member`` of ``name.member``; None if ``name`` has other trailers or none."""
    owner = name.parent
    if not is_postfix(owner) or len(owner.children) != 2 or owner.children[0] is not name:
        return None
    trailer = owner.children[1]
    return trailer.children[1] if is_trailer(trailer, ".") else None


def _is_first_parameter(name: Any, classdef: Any) -> bool:
    """True if a name is the first parameter of a method of the class.

    The innermost function around the name that has a parameter of this name decides.
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
