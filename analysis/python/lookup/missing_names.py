"""Names that a file uses and nothing in it binds: what an import statement in it is probably for.

Invariant: a name counts as bound if any scope of the file binds it, so what is left is missing wherever it
is used.
"""

import builtins
import re
from collections.abc import Iterable
from typing import Any

from holesmith.analysis.python.inference.bindings import is_member, may_be_bound_unseen

_BUILTIN = frozenset(dir(builtins))
_IMPORTS = frozenset(("import_from", "import_name"))
_ANNOTATED = frozenset(("annassign", "tfpdef", "param", "funcdef"))
_STATEMENTS = frozenset(("expr_stmt",))
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")


def missing_names(module: Any, offered: Iterable[str]) -> tuple[str, ...]:
    """Those of the names ``offered`` that the file, as parso has parsed it, needs from elsewhere.

    Text in annotations and in ``__all__`` counts as use. Empty if a star import may bind them.
    """
    used = module.get_used_names()
    if _has_star_import(module):
        return ()
    quoted = _quoted_names(module)
    return tuple(
        name
        for name in offered
        if name not in _BUILTIN
        and (name in quoted or any(_is_used_bare(leaf) for leaf in used.get(name, ())))
        and not any(_may_bind(leaf) for leaf in used.get(name, ()))
    )


def _has_star_import(module: Any) -> bool:
    return any(
        statement.type == "import_from" and statement.is_star_import() for statement in module.iter_imports()
    )


def _may_bind(name: Any) -> bool:
    if name.parent.type in ("global_stmt", "nonlocal_stmt") or may_be_bound_unseen(name):
        return True
    return name.is_definition() and not is_member(name)


def _is_used_bare(name: Any) -> bool:
    """Whether the name stands for a value by itself: behind no dot, in no import, as no keyword."""
    before, parent = name.get_previous_leaf(), name.parent
    if before is not None and before.value in (".", "!"):  # "!": how a value is formatted in a text
        return False
    if parent.type == "argument" and parent.children[0] is name and parent.children[1].type == "operator":
        return False
    return not name.is_definition() and _around(name, _IMPORTS) is None


def _around(node: Any, types: frozenset[str]) -> Any:
    """The nearest node of one of the types that a node stands in, within its statement; None without one."""
    node = node.parent
    while node is not None and node.type not in types:
        node = node.parent if node.type not in ("suite", "file_input") else None
    return node


def _quoted_names(module: Any) -> frozenset[str]:
    """The words of strings in annotations, and the strings of ``__all__``."""
    names: set[str] = set()
    for leaf in _strings(module):
        if _is_annotation(leaf) or _is_export(leaf):
            names.update(_WORD.findall(leaf.value))
    return frozenset(names)


def _is_annotation(string: Any) -> bool:
    """Whether a string stands in an annotation: not in the value that follows one."""
    node = _around(string, _ANNOTATED)
    if node is None or node.type == "param":
        return False
    assigned = next((each for each in node.children if each.type == "operator" and each.value == "="), None)
    return assigned is None or string.start_pos < assigned.start_pos


def _strings(node: Any) -> Iterable[Any]:
    for child in getattr(node, "children", ()):
        if child.type == "string":
            yield child
        else:
            yield from _strings(child)


def _is_export(string: Any) -> bool:
    """Whether a string stands in what is assigned, or added, to ``__all__``."""
    statement = _around(string, _STATEMENTS)
    return statement is not None and statement.get_first_leaf().value == "__all__"
