"""The names that ``from module import *`` binds: the exported names, each from the last import that has it.

jedi takes every name of the module, and of two such imports the first. After ``from paths import *`` and
``from threshold import *``, where ``threshold`` does not list ``shortest`` in its ``__all__``, the name
``shortest`` is that of ``paths``, whichever stands first.
"""

from collections.abc import Iterator
from typing import Any

from jedi.inference.cache import inference_state_method_cache

_LISTS = ("atom", "testlist_star_expr", "testlist", "string")
_ADDITIONS = frozenset(("extend", "append"))


def star_filters(module: Any) -> Iterator[Any]:
    """Yield jedi's filters of the names that a module has from its star imports, the last import first.

    Takes the place of jedi's ``ModuleMixin.iter_star_filters``.
    """
    for star_module in reversed(module.star_imports()):
        names = next(star_module.get_filters(), None)
        if names is not None:
            yield _Exported(names, _exported_by(star_module))


class _Exported:
    """A filter of jedi without the names that are not exported; ``exported`` is None if it is not certain."""

    def __init__(self, names: Any, exported: frozenset[str] | None) -> None:
        self._names = names
        self._exported = exported

    def get(self, name: str) -> Any:
        return self._names.get(name) if self._exported is None or name in self._exported else []

    def values(self) -> Any:
        exported = self._exported
        return [name for name in self._names.values() if exported is None or name.string_name in exported]


@inference_state_method_cache()
def _exported_by(module: Any) -> frozenset[str] | None:
    """Return the names in a module's ``__all__``; None without one, or if a part of it can't be read."""
    tree = getattr(module, "tree_node", None)
    uses = () if tree is None else tree.get_used_names().get("__all__", ())
    exported: set[str] = set()
    for name in uses:
        strings = _strings_of(name)
        if strings is None:
            return None
        exported |= strings
    return frozenset(exported) if uses else None


def _strings_of(name: Any) -> set[str] | None:
    """Return the strings that a use of ``__all__`` assigns or adds; None if they can't be read."""
    parent = name.parent
    if parent.type == "expr_stmt" and parent.children[0] is name:
        return _strings_in(parent.children[-1])
    if parent.type == "atom_expr" and len(parent.children) == 3:
        method, call = parent.children[1:]
        if method.children[-1].value in _ADDITIONS and call.type == "trailer" and len(call.children) == 3:
            return _strings_in(call.children[1])
    return None


def _strings_in(node: Any) -> set[str] | None:
    """Return the strings of a list or tuple that is written out; None for any other expression."""
    leaf, last, strings = node.get_first_leaf(), node.get_last_leaf(), set[str]()
    if node.type not in _LISTS:
        return None
    while True:
        if leaf.type == "string" and not leaf.string_prefix:
            strings.add(leaf.value.strip("'\""))
        elif leaf.type != "operator" or leaf.value not in "[](),":
            return None
        if leaf is last:
            return strings
        leaf = leaf.get_next_leaf()
