"""Find all bindings of a name, the places in a file that give it a value, in parso's tree.

For example:
    for user in users: ...
    user = None    # user has two bindings, and both count

jedi stops at the binding that it takes for the last one. In a loop or behind a branch another one may hold.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from holesmith.analysis.python.inference.decorators import decorators_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix
from holesmith.analysis.python.parsing.project_memo import tree_memo
from jedi.parser_utils import get_parent_scope

# Bindings of a name that are followed at most; with more, the name's values are unknown.
BINDINGS_MAX = 40
# Leaves before a name, on its line, that are searched for syntax without a grammar.
LINE_LEAVES_MAX = 80
# Types of nodes in which parso accepts ``x := y`` without telling that it binds ``x``.
_UNSEEN = frozenset(("argument", "subscript", "dictorsetmaker"))
_BLOCKS = frozenset(
    (
        "suite",
        "if_stmt",
        "try_stmt",
        "with_stmt",
        "for_stmt",
        "while_stmt",
        "decorated",
        "async_stmt",
        "async_funcdef",
    )
)


def scope_of(node: Any) -> Any:
    """The function, class or file around a node of parso."""
    return get_parent_scope(node)


def code_of(context: Any, node: Any) -> str:
    """The text of a node in the file of ``context``, cut out of the file's lines, which is fast."""
    lines = context.get_root_context().code_lines
    (first, start), (last, stop) = node.start_pos, node.end_pos
    if lines is None:
        return str(node.get_code())
    if first == last:
        return str(lines[first - 1][start:stop])
    rest = lines[last - 1][:stop] if last <= len(lines) else ""
    return "".join((lines[first - 1][start:], *lines[first : last - 1], rest))


def region_of(leaf: Any, receiver: list[Any]) -> Any:
    """Return the part of the file whose code is evidence about a receiver.

    This is the class around for ``self`` and ``cls``, else the function around; the file at the top level.
    """
    scope = enclosing = scope_of(leaf)
    first = getattr(receiver[0], "value", "")
    while scope.type != "file_input" and enclosing is not None and enclosing.type != "file_input":
        if enclosing.type == "classdef" and first in ("self", "cls"):
            return enclosing
        enclosing = scope_of(enclosing)
    return scope


def bindings_of(tree_name: Any) -> list[Any] | None:
    """Return all bindings of a name in the scope of ``tree_name``, one of its occurrences.

    None if there are too many, or if others may be out of sight: in another scope with ``global`` or
    ``nonlocal``, or in syntax that parso has no grammar for.
    """
    scope = scope_of(tree_name)
    used = tree_name.get_root_node().get_used_names()
    # Memoised, because a builtin occurs a thousand times in its stub, and each annotation asks for it.
    kept = tree_memo(used).bindings
    key = tree_name.value, scope
    if key not in kept:
        kept[key] = _bindings_in(scope, used.get(tree_name.value, ()))
    return kept[key]


def _bindings_in(scope: Any, names: Iterable[Any]) -> list[Any] | None:
    bindings: list[Any] = []
    for name in names:
        if name.parent.type in ("global_stmt", "nonlocal_stmt"):
            return None
        if may_be_bound_unseen(name) and scope_of(name) is scope:
            return None
        if name.is_definition() and scope_of(name) is scope and not is_member(name):
            bindings.append(name)
    return bindings if 0 < len(bindings) <= BINDINGS_MAX else None


def may_be_bound_unseen(name: Any) -> bool:
    """True if a name stands in syntax that parso has no grammar for, and may be bound there.

    These are patterns of ``case``, ``except*``, ``with`` in parentheses, and ``:=`` in the arguments of a
    call.
    """
    if getattr(name.get_root_node().get_used_names(), "is_whole", False):
        following = name.get_next_sibling() if name.parent.type in _UNSEEN else None
        return getattr(following, "value", "") == ":="
    following = name.get_next_leaf()
    if following is not None and following.value == ":=":
        return name.parent.type != "namedexpr_test"
    leaf = name
    is_broken = False
    for _ in range(LINE_LEAVES_MAX):
        is_broken = is_broken or leaf.type == "error_leaf" or leaf.parent.type == "error_node"
        before = leaf.get_previous_leaf()
        if (
            before is None
            or before.type in ("newline", "indent", "dedent")
            or before.get_first_leaf().value == ""
        ):
            break
        leaf = before
    return is_broken and leaf.value in ("case", "except", "with", "async")


def is_member(name: Any) -> bool:
    """True if the name stands behind a dot, as in ``self.x = 1``."""
    return name.parent.type == "trailer"


def class_bindings(classdef: Any, name: str) -> Iterator[Any]:
    """The bindings of a member of a class: in the body of the class, and behind ``self`` in its methods."""
    for each in classdef.get_root_node().get_used_names().get(name, ()):
        if not (classdef.start_pos < each.start_pos < classdef.end_pos) or not each.is_definition():
            continue
        if is_member(each):
            if is_self_member(each, classdef):
                yield each
        elif scope_of(each) is classdef:
            yield each


def is_self_member(name: Any, classdef: Any) -> bool:
    """True if a name stands behind the first parameter of a method of the class, as ``x`` in ``self.x``."""
    owner = name.parent.parent
    if not is_postfix(owner) or owner.children[1] is not name.parent:
        return False
    function = scope_of(name)
    while function is not None and function.type not in ("funcdef", "file_input"):
        function = scope_of(function)
    if function is None or function.type != "funcdef" or scope_of(function) is not classdef:
        return False
    parameters = function.get_params()
    return (
        bool(parameters)
        and owner.children[0].type == "name"
        and owner.children[0].value == parameters[0].name.value
    )


def is_receiver(parameter: Any) -> bool:
    """True if the parameter is the ``self`` or ``cls`` of a method."""
    function = parameter.get_parent_function()
    parent = scope_of(function)
    is_first = function.get_params()[0] is parameter
    return is_first and parent.type == "classdef" and "staticmethod" not in decorators_of(function)


def is_overload(binding: Any) -> bool:
    """True if a binding is a function under ``@overload``."""
    definition = binding.get_definition()
    return definition is not None and definition.type == "funcdef" and "overload" in decorators_of(definition)


def defined_names(scope: Any) -> frozenset[str]:
    """The names that a file or the body of a class binds directly, in any branch."""
    kept = tree_memo(scope.get_root_node().get_used_names()).defined_names
    if scope not in kept:
        kept[scope] = frozenset(_names_defined_in(scope))
    return kept[scope]


def _names_defined_in(scope: Any) -> set[str]:
    body = scope.get_suite() if scope.type == "classdef" else scope
    found: set[str] = set()
    for statement in _statements(body):
        if statement.type in ("funcdef", "classdef"):
            found.add(statement.name.value)
        elif statement.type in ("expr_stmt", "import_name", "import_from"):
            found.update(name.value for name in statement.get_defined_names())
    return found


def _statements(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", ()):
        if child.type in _BLOCKS:
            yield from _statements(child)
        elif child.type == "simple_stmt":
            yield from child.children
        else:
            yield child
