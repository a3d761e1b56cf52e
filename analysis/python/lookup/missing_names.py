"""Find the names that a file uses and nothing in it binds: an import statement is probably for one of them.

For example:
    from pathlib import ‸
    root = Path(".")    →  Path is missing

Invariant: a name counts as bound if any scope of the file binds it. So a missing name is missing at every
place where the file uses it.
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
    """Return those of the names ``offered`` that the file uses and does not bind.

    ``module`` is parso's tree of the file. Strings in annotations and in ``__all__`` count as uses. Empty if
    the file has a star import, which may bind any name.
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
    """True if the name is used as a value: not behind a dot, not in an import, not as a keyword."""
    before, parent = name.get_previous_leaf(), name.parent
    if before is not None and before.value in (".", "!"):  # "!" as in f"{value!r}"
        return False
    if parent.type == "argument" and parent.children[0] is name and parent.children[1].type == "operator":
        return False
    return not name.is_definition() and _around(name, _IMPORTS) is None


def _around(node: Any, types: frozenset[str]) -> Any:
    """The nearest node of one of ``types`` that holds a node, within its statement; None without one."""
    node = node.parent
    while node is not None and node.type not in types:
        node = node.parent if node.type not in ("suite", "file_input") else None
    return node


def _quoted_names(module: Any) -> frozenset[str]:
    """The words in strings of annotations and of ``__all__``."""
    names: set[str] = set()
    for leaf in _strings(module):
        if _is_annotation(leaf) or _is_export(leaf):
            names.update(_WORD.findall(leaf.value))
    return frozenset(names)


def _is_annotation(string: Any) -> bool:
    """True if a string stands in an annotation, not in the value that follows the annotation."""
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
    """True if a string stands in the value that is assigned or added to ``__all__``."""
    statement = _around(string, _STATEMENTS)
    return statement is not None and statement.get_first_leaf().value == "__all__"
