"""Infer the values that loops, unpacking and subscripts take out of a value.

For example:
    ages: dict[str, int] = load()
    for name, age in ages.items(): age.‸    →  int

They are known from type arguments, or from a display, which is a tuple or list that is written out. A target
such as ``a, (b, c)`` is described by a path: the indices that lead from the whole value to the part that a
name gets, ``(1, 0)`` for ``b``.
"""

from typing import Any

from holesmith.analysis.python.inference.dynamic_attributes import defines, is_enumeration
from holesmith.analysis.python.inference.inference import Inference
from holesmith.analysis.python.inference.value_classes import class_of, is_none
from holesmith.analysis.python.parsing.parso_nodes import (
    arguments_of,
    is_keyword,
    is_postfix,
    is_trailer,
    is_unpacked,
)
from jedi.inference.base_value import ValueSet
from jedi.inference.compiled import builtin_from_name

Path = tuple[int, ...]

_TARGET_LISTS = frozenset(("testlist_comp", "testlist_star_expr", "exprlist", "testlist"))
_SEQUENCES = frozenset(("list", "List", "deque", "Deque", "Sequence", "MutableSequence"))
_MAPPINGS = frozenset(
    ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict")
)
_ITERABLES = (
    _SEQUENCES
    | _MAPPINGS
    | frozenset(
        ("set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet", "Collection", "Container")
    )
    | frozenset(("Iterable", "Iterator", "Generator", "Reversible", "KeysView", "ValuesView"))
    | frozenset(("AsyncIterable", "AsyncIterator", "AsyncGenerator"))
)
_SAME_ELEMENTS = frozenset(("sorted", "list", "tuple", "set", "frozenset", "reversed", "iter"))


def target_path(binding: Any, target: Any) -> Path | None:
    """The path from the value that ``target`` gets to the part that the name ``binding`` gets.

    None if a star makes it uncertain, or if the name stands in an expression within the target.
    """
    path: list[int] = []
    node = binding
    while node is not target:
        parent = node.parent
        if parent.type in _TARGET_LISTS:
            items = parent.children[::2]
            if any(each.type == "star_expr" for each in items):
                return None
            path.insert(0, items.index(node))
        elif parent.type not in ("atom", "atom_expr", "power", "trailer"):
            return None
        node = parent
    return tuple(path)


def iterated(inference: Inference, context: Any, node: Any, path: Path) -> Any:
    """All values that ``for`` gives to the part of its target at ``path``, from an iterable expression."""
    if is_postfix(node) and is_trailer(node.children[-1], "("):
        found = _iterated_call(inference, context, node, path)
        if found is not None:
            return found
    items = _display(node)
    if items is not None:
        return inference.merge(part_of(inference, context, each, path) for each in items)
    if node.type in ("or_test", "and_test", "test"):
        choices = (node.children[0], node.children[4]) if node.type == "test" else node.children[::2]
        return inference.merge(iterated(inference, context, each, path) for each in choices)
    return _parts(inference, elements_of(inference, inference.values(context, node)), path)


def part_of(inference: Inference, context: Any, node: Any, path: Path) -> Any:
    """All values that unpacking an expression gives to the part of a target at ``path``."""
    if not path:
        return inference.values(context, node)
    items = _display(node)
    if items is not None:
        if path[0] >= len(items):
            return inference.unknown("too few values to unpack")
        return part_of(inference, context, items[path[0]], path[1:])
    return _parts(inference, inference.values(context, node), path)


def elements_of(inference: Inference, values: Any) -> Any:
    """All values that iterating over ``values`` gives; a value that is None gives none."""
    if not values:
        return inference.unknown("what is iterated over is not known")
    return inference.merge(_elements(inference, value) for value in values if not is_none(value))


def subscribed(inference: Inference, value: Any, index: Any) -> Any:
    """All values of ``value[index]``."""
    if value.is_class():
        if is_enumeration(value):
            return value.execute_with_values()
        return ValueSet([value]) if not _computes_subscripts(value) else inference.unknown("subscript")
    name = value.py__class__().py__name__()
    is_slice = _is_slice(index)
    if name in ("str", "bytes"):
        return ValueSet([value]) if name == "str" or is_slice else inference.unknown("subscript")
    if value not in inference.parametrised:
        return inference.unknown("subscript")
    if name == "Tuple":
        return inference.unknown("slice") if is_slice else _tuple_item(inference, value, _number(index))
    if name in _SEQUENCES:
        return ValueSet([value]) if is_slice else _argument(inference, value, 0)
    return _argument(inference, value, 1) if name in _MAPPINGS else inference.unknown("subscript")


def _iterated_call(inference: Inference, context: Any, node: Any, path: Path) -> Any:
    """The elements of a call that passes on those of another value, such as ``zip(…)``; None for others."""
    arguments = _positional(node.children[-1])
    name = node.children[0]
    if arguments is None:
        return None
    if len(node.children) == 2 and name.type == "name" and arguments and _is_builtin(context, name):
        if name.value == "enumerate" and path:
            is_index = path[0] == 0
            return _integer(context) if is_index else iterated(inference, context, arguments[0], path[1:])
        if name.value == "zip" and path and path[0] < len(arguments):
            return iterated(inference, context, arguments[path[0]], path[1:])
        if name.value == "range":
            return _integer(context)
        if name.value in _SAME_ELEMENTS:
            return iterated(inference, context, arguments[0], path)
    method = node.children[-2]
    if len(node.children) > 2 and method.children[0].value == "." and not arguments:
        return _viewed(inference, context, node, path)
    return None


def _viewed(inference: Inference, context: Any, node: Any, path: Path) -> Any:
    """The elements of ``items()``, ``keys()`` and ``values()`` of a mapping; None for other calls."""
    name = node.children[-2].children[1].value
    if name not in ("items", "keys", "values") or (name == "items" and not path):
        return None
    values = inference.chain(context, list(node.children[:-2]))
    if not values or not all(_is_mapping(inference, value) for value in values):
        return None
    argument = path[0] if name == "items" else int(name == "values")
    parts = inference.merge(_argument(inference, value, argument) for value in values)
    return _parts(inference, parts, path[1:] if name == "items" else path)


def _is_mapping(inference: Inference, value: Any) -> bool:
    return value in inference.parametrised and value.py__class__().py__name__() in _MAPPINGS


def _parts(inference: Inference, values: Any, path: Path) -> Any:
    for index in path:
        if not values:
            return inference.unknown("unpacked")
        items = (_item(inference, value, index) for value in values if not is_none(value))
        values = inference.merge(items)
    return values


def _item(inference: Inference, value: Any, index: int) -> Any:
    name = value.py__class__().py__name__()
    if name == "Tuple" and value in inference.parametrised:
        return _tuple_item(inference, value, index)
    return _elements(inference, value)


def _elements(inference: Inference, value: Any) -> Any:
    if value.is_class():
        if is_enumeration(value):
            return value.execute_with_values()
        return inference.unknown("a class that is iterated over")
    name = value.py__class__().py__name__()
    if name == "str":
        return ValueSet([value])
    if value in inference.parametrised:
        if name == "Tuple":
            return _tuple_item(inference, value, None)
        if name in _ITERABLES:
            return _argument(inference, value, 0)
    if value.get_root_context().is_stub():
        return inference.unknown(f"what {name} yields")
    iterators = inference.call(inference.member(value, "__iter__"))
    if iterators and all(each in inference.parametrised for each in iterators):
        return inference.merge(_argument(inference, each, 0) for each in iterators)
    return inference.unknown(f"what {name} yields")


def _argument(inference: Inference, value: Any, index: int) -> Any:
    """The instances of the type argument number ``index`` of a value's class."""
    generics = _generics(value)
    if index >= len(generics):
        return inference.unknown("a type argument is missing")
    values = generics[index].execute_annotation(None)
    inference.parametrised.update(values)
    return values if values else inference.unknown("a type argument is not known")


def _tuple_item(inference: Inference, value: Any, index: int | None) -> Any:
    """All values of the item ``index`` of a tuple; of any item if ``index`` is None."""
    generics = _generics(value)
    rest = generics[1] if len(generics) == 2 else ()
    is_homogeneous = any(class_of(each).py__name__() in ("ellipsis", "EllipsisType") for each in rest)
    if is_homogeneous:
        return _argument(inference, value, 0)
    if index is None:
        return inference.merge(_argument(inference, value, each) for each in range(len(generics)))
    position = index if index >= 0 else len(generics) + index
    return _argument(inference, value, position) if position >= 0 else inference.unknown("tuple")


def _generics(value: Any) -> Any:
    cls = value.py__class__()
    return cls.get_generics() if hasattr(cls, "get_generics") else ()


def _computes_subscripts(cls: Any) -> bool:
    nodes = [base.tree_node for base in cls.py__mro__() if not base.get_root_context().is_stub()]
    return any(defines(node, "__class_getitem__") for node in nodes) or any(
        not metaclass.get_root_context().is_stub() for metaclass in cls.get_metaclasses()
    )


def _display(node: Any) -> list[Any] | None:
    """The items of a tuple or list that is written out without stars; None for anything else."""
    if node.type in ("testlist_star_expr", "testlist", "exprlist"):
        items = node.children[::2]
    elif node.type == "atom" and node.children[0].value in ("(", "[") and len(node.children) == 2:
        items = []
    elif node.type == "atom" and node.children[0].value in ("(", "[") and len(node.children) == 3:
        inner = node.children[1]
        if inner.type != "testlist_comp":
            return _single(node, inner)
        items = inner.children[::2]
        if any(each.type in ("sync_comp_for", "comp_for") for each in inner.children):
            return None
    else:
        return None
    return None if any(each.type == "star_expr" for each in items) else items


def _single(node: Any, inner: Any) -> list[Any] | None:
    return [inner] if node.children[0].value == "[" and inner.type != "star_expr" else None


def _positional(trailer: Any) -> list[Any] | None:
    """The positional arguments of a call; None if it has ``*values`` or ``**keywords``."""
    arguments = arguments_of(trailer)
    if any(is_unpacked(each) for each in arguments):
        return None
    return [each for each in arguments if not is_keyword(each)]


def _is_builtin(context: Any, name: Any) -> bool:
    found = context.goto(name, name.start_pos)
    return bool(found) and all(each.get_root_context().is_builtins_module() for each in found)


def _integer(context: Any) -> Any:
    return builtin_from_name(context.inference_state, "int").execute_annotation(None)


def _is_slice(index: Any) -> bool:
    return index.type == "subscript" or getattr(index, "value", "") == ":"


def _number(index: Any) -> int | None:
    code = index.get_code().strip()
    return int(code) if code.lstrip("-").isdecimal() else None
