"""Infer all values of an attribute, from all places where a class of the receiver binds it.

For example:
    class Task: owner = None    # its __init__ has: self.owner = User(name)
    task.owner.‸    →  None and an instance of User
"""

from collections.abc import Iterable
from typing import Any

from holesmith.analysis.python.inference.annotations import annotation_of
from holesmith.analysis.python.inference.bindings import class_bindings, is_member, is_overload
from holesmith.analysis.python.inference.call_values import returned
from holesmith.analysis.python.inference.decorators import (
    CALL_PRESERVING_DECORATORS,
    PROPERTY_DECORATORS,
    decorators_of,
)
from holesmith.analysis.python.inference.dynamic_attributes import (
    defines,
    has_known_bases,
    is_enumeration,
    shapes_subclasses,
)
from holesmith.analysis.python.inference.inference import Inference
from holesmith.analysis.python.inference.methods import (
    ClassMethod,
    bound_methods,
    functions_of,
    methods_of,
)
from holesmith.analysis.python.inference.value_classes import class_of
from jedi.inference.base_value import ValueSet
from jedi.inference.names import TreeNameDefinition


def member_of_class(inference: Inference, value: Any, name: str, *, is_called: bool = False) -> Any:
    """Return all values of the attribute ``name`` of a value; None if it may have others.

    Only the first class of the method resolution order that binds the name counts. ``is_called`` is as in
    ``ValueInference.chain``.
    """
    owner = class_of(value)
    for base in owner.py__mro__():
        classdef = getattr(base, "tree_node", None)
        if classdef is None or classdef.type != "classdef":
            continue
        bindings = list(class_bindings(classdef, name))
        if is_called and _is_one_method(bindings):
            return ValueSet(methods_of(value, owner, bindings[-1].get_definition()))
        if bindings:
            return _bound_members(inference, value, base, bindings)
    return inference.unknown(f"no member {name}")


def _is_one_method(bindings: list[Any]) -> bool:
    """True if a name is bound only to a function without decorators; the function may have overloads."""
    definition = bindings[-1].get_definition() if bindings else None
    is_function = definition is not None and definition.type == "funcdef"
    return is_function and decorators_of(definition) <= {"overload"} and all(map(is_overload, bindings[:-1]))


def _bound_members(inference: Inference, value: Any, base: Any, bindings: list[Any]) -> Any:
    context = base.as_context()
    if all(is_overload(each) for each in bindings[:-1]):
        bindings = bindings[-1:]  # jedi itself joins the overloads of a function
    annotated = [each for each in bindings if annotation_of(each) is not None]
    if not annotated:
        return inference.merge(_bound_member(inference, value, context, each) for each in bindings)
    declared = inference.merge(_bound_member(inference, value, context, each) for each in annotated)
    # A value assigned elsewhere may be of a subclass, and code near the assignment may use it as such.
    others = [each for each in bindings if each not in annotated]
    assigned = (_bound_member(inference, value, context, each) for each in others)
    return declared and with_assigned(declared, [value for each in assigned for value in each or ()])


def with_assigned(declared: Any, assigned: Iterable[Any]) -> Any:
    """The declared values, and the assigned values of other classes, whose members may be used too."""
    names = {_class_name(value) for value in declared} | {"NoneType"}
    return declared | ValueSet(value for value in assigned if _class_name(value) not in names)


def _class_name(value: Any) -> str:
    return str(class_of(value).py__name__())


def _bound_member(inference: Inference, value: Any, class_context: Any, binding: Any) -> Any:
    definition = binding.get_definition()
    if definition is None:
        return inference.unknown("a member that is not followed")
    if definition.type == "funcdef":
        return _method(inference, value, definition, binding.value)
    context = class_context.create_context(binding) if is_member(binding) else class_context
    if definition.type == "expr_stmt":
        if value.is_class() and is_enumeration(value):
            return value.execute_with_values()
        values = inference.assigned(context, binding, definition)
        is_declared = is_member(binding) or annotation_of(binding) is not None
        if not is_member(binding) and any(map(_is_descriptor, values or ())):
            return inference.unknown("a descriptor")
        return values if is_declared else _as_attribute(inference, value, values)
    if definition.type == "classdef":
        return TreeNameDefinition(context, binding).infer()
    return inference.unknown(f"member bound by {definition.type}")


def _as_attribute(inference: Inference, owner: Any, values: Any) -> Any:
    """The values of an attribute of ``owner`` that is bound in the body of its class to ``values``.

    None if the attribute may have another value, as a descriptor has.
    """
    own = [each for each in values or () if not each.get_root_context().is_stub()]
    cls = class_of(owner)
    if own and (not has_known_bases(cls) or shapes_subclasses(cls)):
        return inference.unknown("what the class makes of its attributes is not known")
    if any(each.is_function() for each in own):
        return inference.unknown("a function as an attribute of a class")
    if any(_is_descriptor(each) for each in own):
        return inference.unknown("a descriptor")
    return values


def _is_descriptor(value: Any) -> bool:
    """True if a class of the value defines ``__get__``, which computes the attribute's value."""
    nodes = [getattr(base, "tree_node", None) for base in _bases(value)]
    return any(node is not None and node.type == "classdef" and defines(node, "__get__") for node in nodes)


def _bases(value: Any) -> list[Any]:
    cls = value.py__class__() if value.is_instance() else None
    return list(cls.py__mro__()) if cls is not None and cls.is_class() else []


def _method(inference: Inference, value: Any, function: Any, name: str) -> Any:
    decorators = decorators_of(function)
    if not decorators <= CALL_PRESERVING_DECORATORS | PROPERTY_DECORATORS:
        return inference.unknown("a decorated method")
    owner = class_of(value)
    if decorators & PROPERTY_DECORATORS and not value.is_class():
        methods = bound_methods(value, owner, function)
        return inference.merge(returned(inference, each, each) for each in methods)
    if "classmethod" in decorators:
        return ValueSet(ClassMethod(each, owner) for each in functions_of(owner, function))
    found = ValueSet.from_sets(each.infer() for each in value.goto(name))
    return found or inference.unknown(f"no method {name}")
