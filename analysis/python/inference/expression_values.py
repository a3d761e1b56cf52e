"""Infer all values that an expression can have, or None ("not known") if it may have others.

For example:
    user = User() if ready else unknown()
    user.‸    →  None, although jedi itself would give an instance of User

The members of half of the values would mask right names. So every place that a value can come from is
followed, and the result is None as soon as one of these places is not understood.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.python.inference.annotations import is_membership, is_understood
from holesmith.analysis.python.inference.attribute_values import member_of_class, with_assigned
from holesmith.analysis.python.inference.bindings import bindings_of, is_member, is_receiver
from holesmith.analysis.python.inference.call_values import called
from holesmith.analysis.python.inference.context_manager_values import entered
from holesmith.analysis.python.inference.decorators import (
    CALL_PRESERVING_DECORATORS,
    PROPERTY_DECORATORS,
    decorators_of,
)
from holesmith.analysis.python.inference.element_values import iterated, part_of, subscribed, target_path
from holesmith.analysis.python.inference.value_classes import is_none
from holesmith.analysis.python.parsing.parso_nodes import class_arguments, is_postfix
from holesmith.analysis.python.parsing.project_memo import project_memo
from jedi.inference.base_value import NO_VALUES
from jedi.inference.compiled import builtin_from_name
from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.names import TreeNameDefinition
from jedi.inference.syntax_tree import infer_trailer

# Nodes and bindings of one inference, and expressions nested in each other; beyond them the result is None.
STEPS_MAX = 300
DEPTH_MAX = 20
_CONSTANTS = frozenset(("True", "False", "None"))
_LITERAL_TYPES = frozenset(("number", "string", "strings", "fstring", "lambdef"))


@dataclass(slots=True)
class ValueInference:
    """One inference, bounded in depth and in steps.

    ``ignored`` is a statement that does not count as a binding. ``reason`` is the first reason why a result
    was None, and "" if there was none. ``parametrised`` has the instances of generic classes all of whose
    type arguments are understood.
    """

    ignored: Any = None
    steps: int = 0
    reason: str = ""
    parametrised: set[Any] = field(default_factory=set[Any])
    _active: set[Any] = field(default_factory=set[Any])
    _annotated: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def values(self, context: Any, node: Any) -> Any:
        """Return all values of an expression as a ``ValueSet`` of jedi; None if it may have others."""
        self.steps += 1
        key = (context, node)
        if self.steps > STEPS_MAX or len(self._active) > DEPTH_MAX or key in self._active:
            return self.unknown("too deep")
        self._active.add(key)
        try:
            return self._values(context, node)
        finally:
            self._active.discard(key)

    def _values(self, context: Any, node: Any) -> Any:
        kind = node.type
        if kind == "name":
            return self._name(context, node)
        if kind in _LITERAL_TYPES or (kind == "keyword" and node.value in _CONSTANTS):
            return context.infer_node(node)
        if kind == "atom":
            return self._atom(context, node)
        if is_postfix(node):
            return self._trailers(context, node)
        if kind == "test":
            return self._union(context, (node.children[0], node.children[4]))
        if kind in ("or_test", "and_test"):
            return self._union(context, node.children[::2])
        if kind == "namedexpr_test":
            return self.values(context, node.children[2])
        if kind == "not_test" or (kind == "comparison" and is_membership(node)):
            return context.infer_node(node)
        if kind in ("arith_expr", "term"):
            return self._arithmetic(context, node)
        return self.unknown(f"{kind} is not followed")

    def unknown(self, reason: str) -> None:
        self.reason = self.reason or reason

    def _union(self, context: Any, nodes: Iterable[Any]) -> Any:
        return self.merge(self.values(context, node) for node in nodes)

    def merge(self, parts: Iterable[Any]) -> Any:
        union = NO_VALUES
        for part in parts:
            if part is None:
                return None
            union |= part
        return union

    def _atom(self, context: Any, node: Any) -> Any:
        first, *rest = node.children
        if first.value == "(" and len(rest) == 2 and rest[0].type not in ("testlist_comp", "yield_expr"):
            return self.values(context, rest[0])
        return context.infer_node(node)

    def _arithmetic(self, context: Any, node: Any) -> Any:
        """The values of the left side for ``"…" % x``, ``"…" + x`` and ``path / x``; None for the rest."""
        left = self.values(context, node.children[0])
        if left and all(value.name.string_name in ("str", "bytes") and value.is_instance() for value in left):
            return left
        is_joined = all(operator.value == "/" for operator in node.children[1::2])
        if left and is_joined and all(_is_path(value) for value in left):
            return left
        return self.unknown("arithmetic")

    # Names and what binds them.

    def _name(self, context: Any, node: Any) -> Any:
        names = context.goto(node, node.start_pos)
        if not names:
            return self.unknown(f"{node.value} is not resolved")
        return self.merge(self.definition(name) for name in names)

    def definition(self, name: Any) -> Any:
        """Return all values of a name of jedi's; None if it may have others."""
        tree_name = getattr(name, "tree_name", None)
        if tree_name is None:
            values = name.infer()
            return (
                values
                if values and all(v.is_module() or v.is_class() for v in values)
                else self.unknown("unknown name")
            )
        if is_member(tree_name):
            return self.unknown("a member set elsewhere")
        bindings = bindings_of(tree_name)
        if bindings is None:
            return self.unknown(f"{tree_name.value} is bound in other scopes")
        return self.merge(self._binding(name, binding) for binding in bindings)

    def _binding(self, name: Any, binding: Any) -> Any:
        self.steps += 1
        if self.steps > STEPS_MAX:
            return self.unknown("too many steps")
        context = name.parent_context
        definition = binding.get_definition(import_name_always=True)
        if definition is None:
            return self.unknown("a binding that is not followed")
        kind = definition.type
        if kind in ("with_stmt", "try_stmt", "del_stmt", "namedexpr_test"):
            return self._flow_binding(context, binding, definition)
        if kind in ("for_stmt", "sync_comp_for"):
            return self._loop(context, binding, definition)
        if kind in ("import_name", "import_from"):
            return self._import(context, binding)
        if kind in ("funcdef", "classdef"):
            return self._definition(context, binding, definition)
        if kind == "param":
            return self._parameter(context, name, definition)
        if kind == "expr_stmt":
            return self.assigned(context, binding, definition)
        return self.unknown(f"bound by {kind}")

    def _flow_binding(self, context: Any, binding: Any, definition: Any) -> Any:
        if definition.type == "with_stmt":
            return self._with(context, binding, definition)
        if definition.type == "try_stmt":
            return self._except(context, binding)
        return NO_VALUES if definition.type == "del_stmt" else self.values(context, definition.children[2])

    def _import(self, context: Any, binding: Any) -> Any:
        name = TreeNameDefinition(context, binding)
        modules = name.infer()
        if modules and all(value.is_module() for value in modules):
            return modules
        targets = list(name.goto())
        if not targets or any(getattr(each, "tree_name", None) is binding for each in targets):
            return self.unknown(f"import of {binding.value} is not resolved")
        return self.merge(self._imported(each) for each in targets)

    def _imported(self, target: Any) -> Any:
        if getattr(target, "tree_name", None) is None or target.api_type == "module":
            values = target.infer()
            return values if values else self.unknown(f"{target.string_name} is not resolved")
        return self.definition(target)

    def _definition(self, context: Any, binding: Any, definition: Any) -> Any:
        if (
            definition.type == "funcdef"
            and not decorators_of(definition) <= CALL_PRESERVING_DECORATORS | PROPERTY_DECORATORS
        ):
            return self.unknown("an unknown decorator")
        return TreeNameDefinition(context, binding).infer() or self.unknown("no value")

    def _parameter(self, context: Any, name: Any, parameter: Any) -> Any:
        function = parameter.get_parent_function()
        if function.type == "lambdef":
            return self.unknown("parameter of a lambda")
        if parameter.star_count:
            return name.infer() or self.unknown("no value")
        if parameter.annotation is not None:
            return self.annotated(context, parameter.annotation)
        if is_receiver(parameter):
            return name.infer() or self.unknown("self is not inferred")
        return self.unknown(f"parameter {parameter.name.value} has no annotation")

    def assigned(self, context: Any, binding: Any, statement: Any) -> Any:
        if statement is self.ignored:
            return NO_VALUES
        second = statement.children[1]
        if second.type == "annassign":
            return self._narrowed(context, second)
        if second.type == "operator" and second.value in ("=", "+="):
            target = _target_of(binding, statement)
            path = None if target is None else target_path(binding, target)
            if path is not None and (not path or second.value == "="):
                return part_of(self, context, statement.get_rhs(), path)
        return self.unknown("unpacked or changed in place")

    def _narrowed(self, context: Any, annassign: Any) -> Any:
        """The values that an annotation allows, and the assigned values of other classes.

        After ``shape: Shape = Circle()`` the code may use the members of ``Circle``.
        """
        values = self.annotated(context, annassign.children[1])
        if values is None or len(annassign.children) < 4:
            return values
        reason = self.reason
        assigned = self.values(context, annassign.children[3])
        self.reason = reason
        return with_assigned(values, assigned or ())

    def _with(self, context: Any, binding: Any, statement: Any) -> Any:
        item = binding.search_ancestor("with_item")
        if item is None or item.parent is not statement or target_path(binding, item.children[2]) != ():
            return self.unknown("unpacked")
        is_async = statement.parent.type == "async_stmt"
        return entered(self, context, item.children[0], is_async=is_async)

    def _loop(self, context: Any, binding: Any, loop: Any) -> Any:
        """The values that ``for`` gives to one of its targets, in a statement or a comprehension."""
        path = target_path(binding, loop.children[1])
        if path is None:
            return self.unknown("unpacked with a star")
        return iterated(self, context, loop.children[3], path)

    def _except(self, context: Any, binding: Any) -> Any:
        clause = binding.parent
        if clause.type != "except_clause":
            return self.unknown("except")
        raised = clause.children[1]
        nodes = (
            raised.children[1].children[::2]
            if raised.type == "atom" and raised.children[1].type == "testlist_comp"
            else [raised]
        )
        return self.merge(self._instances(self.values(context, node)) for node in nodes)

    def _instances(self, classes: Any) -> Any:
        if not classes or not all(value.is_class() for value in classes):
            return self.unknown("not a class")
        return classes.execute_annotation(None)

    # Annotations.

    def annotated(self, context: Any, annotation: Any) -> Any:
        """Return the instances that an annotation allows; None if a part of it is not understood."""
        # Memoised, because the overloads of a function repeat the same annotations. The context is a part of
        # the key, because the meaning of a type variable depends on it.
        key = context, annotation
        if key not in self._annotated:
            self._annotated[key] = self._instances_kept(context, annotation)
        return self._annotated[key]

    def _instances_kept(self, context: Any, annotation: Any) -> Any:
        """The values of ``_instances_of``, memoised in jedi's inference state.

        The key, context and node, belongs to one text, so that a changed document has other keys.
        """
        kept = project_memo(context.inference_state).annotated_values
        key = context, annotation
        if key not in kept:
            values = self._instances_of(context, annotation)
            if values is None:  # perhaps for lack of steps
                return None
            kept[key] = values, any(value in self.parametrised for value in values)
        values, is_parametrised = kept[key]
        self.parametrised.update(values if is_parametrised else ())
        return values

    def _instances_of(self, context: Any, annotation: Any) -> Any:
        if annotation.type == "name" and annotation.value == "LiteralString":
            return builtin_from_name(context.inference_state, "str").execute_annotation(None)
        if "LiteralString" in annotation.get_code() and context.get_root_context().is_builtins_module():
            return NO_VALUES  # another overload, with ``str``, gives all values
        if not is_understood(self.chain, context, annotation):
            return self.unknown(f"annotation {annotation.get_code(include_prefix=False)[:40]}")
        values = infer_annotation(context, annotation).execute_annotation(context)
        if is_understood(self.chain, context, annotation, is_deep=True):
            self.parametrised.update(values)
        return values if values else self.unknown("annotation has no value")

    def _trailers(self, context: Any, node: Any) -> Any:
        children = list(node.children)
        is_awaited = children[0].type == "keyword" and children[0].value == "await"
        if is_awaited:
            children.pop(0)
        if any(child.type != "trailer" for child in children[1:]):
            return self.unknown("operator")
        return self.chain(context, children, is_awaited)

    def chain(
        self, context: Any, children: list[Any], is_awaited: bool = False, *, is_called: bool = False
    ) -> Any:
        """Return all values of a postfix expression, given as its first operand and its trailers.

        With ``is_called`` the values are used only for the signatures of a call. A method is then found even
        if the type arguments of its class are not known.
        """
        if children[0].type == "name" and children[0].value == "super" and len(children) > 1:
            values = infer_trailer(context, context.infer_node(children[0]), children[1])
            first = 2
            if len(children) > first and _has_several_bases(children[0]):
                return self.unknown("super() of several bases")  # jedi does not follow Python's order
        else:
            values = self.values(context, children[0])
            first = 1
        for index, trailer in enumerate(children[first:], first):
            if not values:
                return self.unknown("no value")
            is_last = index == len(children) - 1
            values = self._trailer(values, trailer, is_awaited and is_last, is_called and is_last)
        return values

    def _trailer(self, values: Any, trailer: Any, is_awaited: bool, is_called: bool) -> Any:
        mark = trailer.children[0].value
        if mark == ".":
            name = trailer.children[1].value
            return self.merge(self.member(value, name, is_called=is_called) for value in values)
        if mark == "(":
            return self.call(values, is_awaited)
        some = [value for value in values if not is_none(value)]
        return self.merge(subscribed(self, value, trailer.children[1]) for value in some or values)

    def member(self, value: Any, name: str, *, is_called: bool = False) -> Any:
        if value.is_module() or not hasattr(value, "py__class__"):  # the latter are namespace packages
            names = value.goto(name)
            return self.merge(self._imported(each) for each in names) if names else self.unknown(f"no {name}")
        return member_of_class(self, value, name, is_called=is_called)

    def call(self, callees: Any, is_awaited: bool = False) -> Any:
        if not callees:
            return self.unknown("the callee is not known")
        return self.merge(called(self, callee, is_awaited) for callee in callees)


def _has_several_bases(leaf: Any) -> bool:
    classdef = leaf.search_ancestor("classdef")
    arguments = [] if classdef is None else class_arguments(classdef)
    return sum(node.type != "argument" for node in arguments) > 1


def _is_path(value: Any) -> bool:
    return value.is_instance() and any(
        base.py__name__() == "PurePath" and base.get_root_context().is_stub()
        for base in value.py__class__().py__mro__()
    )


def _target_of(binding: Any, statement: Any) -> Any:
    """The target of an assignment that holds a name; None if the name is only a part of an expression."""
    node = binding
    while node.parent is not statement:
        node = node.parent
    if is_member(binding) and is_postfix(node):
        return node if binding.parent is node.children[-1] else None
    return node
