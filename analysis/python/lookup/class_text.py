"""The text of a class trimmed to its header, its fields, and the signatures of its public methods.

For example:
    class Point:
        x: int
        def __init__(self, x: int): ...
"""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.python.inference.bindings import is_self_member
from holesmith.analysis.python.inference.decorators import decorators_of
from holesmith.analysis.python.parsing.parso_nodes import is_async

# Fields and methods of a class that are shown, at most.
FIELDS_MAX = 40
METHODS_MAX = 30
_VISIBLE_DECORATORS = frozenset(
    ("property", "classmethod", "staticmethod", "cached_property", "abstractmethod")
)


def trimmed(classdef: Any) -> str:
    """Return the trimmed text of a class statement."""
    lines = [f"class {classdef.name.value}{_bases(classdef)}:"]
    lines += [f"    {field}" for field in fields_of(classdef)][:FIELDS_MAX]
    lines += [f"    {method}" for method in method_headers(classdef)][:METHODS_MAX]
    return "\n".join(lines if len(lines) > 1 else [*lines, "    ..."])


def _bases(classdef: Any) -> str:
    arguments = classdef.get_super_arglist()
    return f"({arguments.get_code(include_prefix=False).strip()})" if arguments is not None else ""


def fields_of(classdef: Any) -> list[str]:
    """The fields of a class as source text, each name once.

    These are the names annotated or assigned in the body, then the attributes that ``__init__`` sets on
    ``self``. Names that begin with two underscores are left out.
    """
    found: dict[str, str] = {}
    for statement in _statements(classdef):
        if statement.type == "expr_stmt" and statement.children[0].type == "name":
            found.setdefault(statement.children[0].value, _short(statement))
    for function in classdef.iter_funcdefs():
        if function.name.value == "__init__":
            for name, text in _self_fields(classdef, function):
                found.setdefault(name, text)
    return [text for name, text in found.items() if not name.startswith("__")]


def _self_fields(classdef: Any, function: Any) -> Iterator[tuple[str, str]]:
    annotations = {each.name.value: each.annotation for each in function.get_params()}
    for names in function.get_root_node().get_used_names().values():
        for name in names:
            is_inside = function.start_pos < name.start_pos < function.end_pos
            if not is_inside or name.parent.type != "trailer" or not name.is_definition():
                continue
            if is_self_member(name, classdef):
                yield name.value, _self_field(name, annotations)


def _self_field(name: Any, annotations: dict[str, Any]) -> str:
    statement = name.get_definition()
    if statement.type == "expr_stmt" and statement.children[1].type == "annassign":
        return f"{name.value}: {_code(statement.children[1].children[1])}"
    if statement.type == "expr_stmt":
        value = statement.get_rhs()
        annotation = annotations.get(getattr(value, "value", "")) if value.type == "name" else None
        return (
            f"{name.value}: {_code(annotation)}"
            if annotation is not None
            else f"{name.value} = {_code(value)[:60]}"
        )
    return str(name.value)


def method_headers(classdef: Any) -> Iterator[str]:
    """The headers of public and some special methods, such as ``@property def size(self): ...``."""
    for function in classdef.iter_funcdefs():
        name = function.name.value
        if not name.startswith("_") or name in ("__init__", "__call__", "__getitem__", "__enter__"):
            marks = sorted(decorators_of(function) & _VISIBLE_DECORATORS)
            yield "".join(f"@{mark} " for mark in marks) + function_header(function) + ": ..."


def function_header(function: Any) -> str:
    """``async def name(parameters) -> annotation`` on one line."""
    parameters = " ".join(
        _code(next(each for each in function.children if each.type == "parameters")).split()
    )
    returns = f" -> {_code(function.annotation)}" if function.annotation is not None else ""
    return f"{'async ' if is_async(function) else ''}def {function.name.value}{parameters}{returns}"


def _statements(classdef: Any) -> Iterator[Any]:
    for node in classdef.get_suite().children:
        if node.type == "simple_stmt":
            yield from node.children


def _short(statement: Any) -> str:
    text = " ".join(_code(statement).split())
    return text if len(text) <= 100 else text[:97] + "..."


def _code(node: Any) -> str:
    return str(node.get_code(include_prefix=False)).strip()
