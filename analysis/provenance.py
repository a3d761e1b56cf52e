"""What an expression can be, if everything that it can be is known.

Members of half a type would mask right answers, so every place that a value can come from is followed; the
answer is None, "not known", as soon as one of them is not understood.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from holesmith.analysis.annotation_check import annotation_of, is_membership, is_understood
from holesmith.analysis.bindings import (
    bindings_of,
    class_bindings,
    decorators_of,
    is_member,
    is_overload,
    is_receiver,
)
from holesmith.analysis.class_closure import has_plain_construction, is_enumeration
from holesmith.analysis.method_values import (
    PROPERTY_DECORATORS,
    TRANSPARENT_DECORATORS,
    ClassMethod,
    bound_methods,
    functions_of,
)
from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.compiled import builtin_from_name
from jedi.inference.gradual.annotation import infer_annotation
from jedi.inference.names import TreeNameDefinition
from jedi.inference.syntax_tree import infer_trailer

STEPS_MAX = 300
DEPTH_MAX = 20
RETURNS_MAX = 20
_LITERAL_TYPES = frozenset(("number", "string", "strings", "fstring", "lambdef"))
_ODD_CLASSES = frozenset(("type", "object", "super", "property", "Mock", "MagicMock"))


@dataclass(slots=True)
class Provenance:
    """One investigation, bounded in depth and in steps.

    ``reason`` is why the last answer was None. ``ignored`` is a statement that does not count as a binding.
    """

    ignored: Any = None
    steps: int = 0
    reason: str = ""
    _active: set[Any] = field(default_factory=set[Any])
    _annotated: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def values(self, context: Any, node: Any) -> Any:
        """A jedi ``ValueSet``, or None if the expression may also be something that is not in it."""
        self.steps += 1
        key = (context, node)
        if self.steps > STEPS_MAX or len(self._active) > DEPTH_MAX or key in self._active:
            return self._unknown("too deep")
        self._active.add(key)
        try:
            return self._values(context, node)
        finally:
            self._active.discard(key)

    def _values(self, context: Any, node: Any) -> Any:
        kind = node.type
        if kind == "name":
            return self._name(context, node)
        if kind in _LITERAL_TYPES or kind == "keyword":
            return context.infer_node(node)
        if kind == "atom":
            return self._atom(context, node)
        if kind in ("atom_expr", "power"):
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
            return self._text_arithmetic(context, node)
        return self._unknown(f"{kind} is not followed")

    def _unknown(self, reason: str) -> None:
        self.reason = self.reason or reason

    def _union(self, context: Any, nodes: Iterable[Any]) -> Any:
        return self._merge(self.values(context, node) for node in nodes)

    def _merge(self, parts: Iterable[Any]) -> Any:
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

    def _text_arithmetic(self, context: Any, node: Any) -> Any:
        """``"…" % x`` and ``"…" + x`` are what their left side is."""
        left = self.values(context, node.children[0])
        if left and all(value.name.string_name in ("str", "bytes") and value.is_instance() for value in left):
            return left
        return self._unknown("arithmetic")

    # Names and what binds them.

    def _name(self, context: Any, node: Any) -> Any:
        names = context.goto(node, node.start_pos)
        if not names:
            return self._unknown(f"{node.value} is not resolved")
        return self._merge(self.definition(name) for name in names)

    def definition(self, name: Any) -> Any:
        """All values of what a jedi name stands for."""
        tree_name = getattr(name, "tree_name", None)
        if tree_name is None:
            values = name.infer()
            return (
                values
                if values and all(v.is_module() or v.is_class() for v in values)
                else self._unknown("unknown name")
            )
        if is_member(tree_name):
            return self._unknown("a member set elsewhere")
        bindings = bindings_of(tree_name)
        if bindings is None:
            return self._unknown(f"{tree_name.value} is bound in other scopes")
        return self._merge(self._binding(name, binding) for binding in bindings)

    def _binding(self, name: Any, binding: Any) -> Any:
        self.steps += 1
        if self.steps > STEPS_MAX:
            return self._unknown("too many steps")
        context = name.parent_context
        definition = binding.get_definition(import_name_always=True)
        if definition is None:
            return self._unknown("a binding that is not followed")
        kind = definition.type
        if kind in ("with_stmt", "try_stmt", "del_stmt", "namedexpr_test"):
            return self._flow_binding(context, binding, definition)
        if kind in ("import_name", "import_from"):
            return self._import(context, binding)
        if kind in ("funcdef", "classdef"):
            return self._definition(context, binding, definition)
        if kind == "param":
            return self._parameter(context, name, definition)
        if kind == "expr_stmt":
            return self._assignment(context, binding, definition)
        return self._unknown(f"bound by {kind}")

    def _flow_binding(self, context: Any, binding: Any, definition: Any) -> Any:
        if definition.type == "with_stmt":
            return self._with(context, binding)
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
            return self._unknown(f"import of {binding.value} is not resolved")
        return self._merge(self._imported(each) for each in targets)

    def _imported(self, target: Any) -> Any:
        if getattr(target, "tree_name", None) is None or target.api_type == "module":
            values = target.infer()
            return values if values else self._unknown(f"{target.string_name} is not resolved")
        return self.definition(target)

    def _definition(self, context: Any, binding: Any, definition: Any) -> Any:
        if (
            definition.type == "funcdef"
            and not decorators_of(definition) <= TRANSPARENT_DECORATORS | PROPERTY_DECORATORS
        ):
            return self._unknown("an unknown decorator")
        return TreeNameDefinition(context, binding).infer() or self._unknown("no value")

    def _parameter(self, context: Any, name: Any, parameter: Any) -> Any:
        function = parameter.get_parent_function()
        if function.type == "lambdef":
            return self._unknown("parameter of a lambda")
        if parameter.star_count:
            return name.infer() or self._unknown("no value")
        if parameter.annotation is not None:
            return self.annotated(context, parameter.annotation)
        if is_receiver(parameter):
            return name.infer() or self._unknown("self is not inferred")
        return self._unknown(f"parameter {parameter.name.value} has no annotation")

    def _assignment(self, context: Any, binding: Any, statement: Any) -> Any:
        if statement is self.ignored:
            return NO_VALUES
        second = statement.children[1]
        if second.type == "annassign":
            return self._narrowed(context, second)
        if second.type == "operator" and second.value in ("=", "+="):
            is_target = binding.parent is statement or (
                is_member(binding) and binding.parent.parent.parent is statement
            )
            if is_target:
                return self.values(context, statement.get_rhs())
        return self._unknown("unpacked or changed in place")

    def _narrowed(self, context: Any, annassign: Any) -> Any:
        """What an annotation allows, and what is assigned with it: a subclass of that may be used as such."""
        values = self.annotated(context, annassign.children[1])
        if values is None or len(annassign.children) < 4:
            return values
        reason = self.reason
        assigned = self.values(context, annassign.children[3])
        self.reason = reason
        return values | assigned if assigned else values

    def _with(self, context: Any, binding: Any) -> Any:
        item = binding.parent
        if item.type != "with_item" or item.children[2] is not binding:
            return self._unknown("unpacked")
        managers = self.values(context, item.children[0])
        if not managers:
            return self._unknown("the context manager is not known")
        return self._merge(self._call(self.member(value, "__enter__")) for value in managers)

    def _except(self, context: Any, binding: Any) -> Any:
        clause = binding.parent
        if clause.type != "except_clause":
            return self._unknown("except")
        raised = clause.children[1]
        nodes = (
            raised.children[1].children[::2]
            if raised.type == "atom" and raised.children[1].type == "testlist_comp"
            else [raised]
        )
        return self._merge(self._instances(self.values(context, node)) for node in nodes)

    def _instances(self, classes: Any) -> Any:
        if not classes or not all(value.is_class() for value in classes):
            return self._unknown("not a class")
        return classes.execute_annotation(None)

    # Annotations.

    def annotated(self, context: Any, annotation: Any) -> Any:
        """The instances that an annotation allows, None if it allows anything that is not understood."""
        # The overloads of one function repeat the same annotations, and each lists all of them.
        if annotation not in self._annotated:
            self._annotated[annotation] = self._instances_of(context, annotation)
        return self._annotated[annotation]

    def _instances_of(self, context: Any, annotation: Any) -> Any:
        if annotation.type == "name" and annotation.value == "LiteralString":
            return builtin_from_name(context.inference_state, "str").execute_annotation(None)
        if not is_understood(self.chain, context, annotation):
            return self._unknown(f"annotation {annotation.get_code(include_prefix=False)[:40]}")
        values = infer_annotation(context, annotation).execute_annotation(context)
        return values if values else self._unknown("annotation has no value")

    def _trailers(self, context: Any, node: Any) -> Any:
        children = list(node.children)
        is_awaited = children[0].type == "keyword" and children[0].value == "await"
        if is_awaited:
            children.pop(0)
        if any(child.type != "trailer" for child in children[1:]):
            return self._unknown("operator")
        return self.chain(context, children, is_awaited)

    def chain(self, context: Any, children: list[Any], is_awaited: bool = False) -> Any:
        """The value of a postfix expression given as its first operand and its trailers."""
        if children[0].type == "name" and children[0].value == "super" and len(children) > 1:
            values = infer_trailer(context, context.infer_node(children[0]), children[1])
            first = 2
        else:
            values = self.values(context, children[0])
            first = 1
        for index, trailer in enumerate(children[first:], first):
            if not values:
                return self._unknown("no value")
            is_last = index == len(children) - 1
            values = self._trailer(values, trailer, is_awaited and is_last)
        return values

    def _trailer(self, values: Any, trailer: Any, is_awaited: bool) -> Any:
        mark = trailer.children[0].value
        if mark == ".":
            name = trailer.children[1].value
            return self._merge(self.member(value, name) for value in values)
        if mark == "(":
            return self._call(values, is_awaited)
        if all(value.is_instance() and value.name.string_name in ("str", "bytes") for value in values):
            return values
        return self._unknown("subscript")

    def member(self, value: Any, name: str) -> Any:
        """All values of an attribute. The first class of the method resolution order that binds it
        decides.
        """
        if value.is_module() or not hasattr(value, "py__class__"):  # the latter are namespace packages
            names = value.goto(name)
            return (
                self._merge(self._imported(each) for each in names) if names else self._unknown(f"no {name}")
            )
        owner = value if value.is_class() else value.py__class__()
        for base in owner.py__mro__():
            classdef = getattr(base, "tree_node", None)
            if classdef is None or classdef.type != "classdef":
                continue
            bindings = list(class_bindings(classdef, name))
            if bindings:
                return self._bound_members(value, base, bindings)
        return self._unknown(f"no member {name}")

    def _bound_members(self, value: Any, base: Any, bindings: list[Any]) -> Any:
        context = base.as_context()
        if all(is_overload(each) for each in bindings[:-1]):
            bindings = bindings[-1:]  # jedi puts the overloads together itself
        annotated = [each for each in bindings if annotation_of(each) is not None]
        if not annotated:
            return self._merge(self._bound_member(value, context, each) for each in bindings)
        declared = self._merge(self._bound_member(value, context, each) for each in annotated)
        # What is assigned elsewhere may be of a subclass, and is used as that near the assignment.
        assigned = [self._bound_member(value, context, each) for each in bindings if each not in annotated]
        return declared and self._merge([declared, *(each for each in assigned if each)])

    def _bound_member(self, value: Any, class_context: Any, binding: Any) -> Any:
        definition = binding.get_definition()
        if definition is None:
            return self._unknown("a member that is not followed")
        if definition.type == "funcdef":
            return self._method(value, definition, binding.value)
        context = class_context.create_context(binding) if is_member(binding) else class_context
        if definition.type == "expr_stmt":
            if value.is_class() and is_enumeration(value):
                return value.execute_with_values()
            values = self._assignment(context, binding, definition)
            if not is_member(binding) and any(each.is_function() for each in values or ()):
                return self._unknown("a function as an attribute of a class")
            return values
        if definition.type == "classdef":
            return TreeNameDefinition(context, binding).infer()
        return self._unknown(f"member bound by {definition.type}")

    def _method(self, value: Any, function: Any, name: str) -> Any:
        decorators = decorators_of(function)
        if not decorators <= TRANSPARENT_DECORATORS | PROPERTY_DECORATORS:
            return self._unknown("a decorated method")
        owner = value if value.is_class() else value.py__class__()
        if decorators & PROPERTY_DECORATORS and not value.is_class():
            return self._merge(self._returned(each, each) for each in bound_methods(value, owner, function))
        if "classmethod" in decorators:
            return ValueSet(ClassMethod(each, owner) for each in functions_of(owner, function))
        found = ValueSet.from_sets(each.infer() for each in value.goto(name))
        return found or self._unknown(f"no method {name}")

    def _call(self, callees: Any, is_awaited: bool = False) -> Any:
        if not callees:
            return self._unknown("the callee is not known")
        return self._merge(self._called(callee, is_awaited) for callee in callees)

    def _called(self, callee: Any, is_awaited: bool) -> Any:
        if callee.is_class():
            return self._unknown("an awaited class") if is_awaited else self._constructed(callee)
        if not callee.is_function():
            return self._unknown("a called instance")
        functions = list(callee.get_signature_functions())
        return self._merge(self._returned(each, callee, is_awaited) for each in functions)

    def _constructed(self, cls: Any) -> Any:
        if cls.py__name__() in _ODD_CLASSES or not has_plain_construction(cls):
            return self._unknown("an unusual constructor")
        return cls.execute_with_values()

    def _returned(self, function: Any, callee: Any, is_awaited: bool = False) -> Any:
        """What a call gives: what the annotation says, or all that the body returns."""
        node = getattr(function, "tree_node", None)
        if node is None or node.type != "funcdef":
            return self._unknown("a compiled function")
        if (node.parent.type in ("async_stmt", "async_funcdef")) != is_awaited:
            return self._unknown("a coroutine")
        if not decorators_of(node) <= TRANSPARENT_DECORATORS | PROPERTY_DECORATORS:
            return self._unknown("an unknown decorator")
        if node.annotation is not None:
            if node.annotation.get_code(include_prefix=False).endswith("Self"):
                return self._receiver(callee)
            return self.annotated(function.parent_context, node.annotation)
        return self._body_returns(function, node)

    def _receiver(self, callee: Any) -> Any:
        """What ``Self`` is: the instance that the method is bound to, or an instance of the class."""
        receiver = getattr(callee, "instance", None) or getattr(callee, "owner", callee)
        if receiver.is_class():
            return receiver.execute_with_values()
        return ValueSet([receiver]) if receiver.is_instance() else self._unknown("Self")

    def _body_returns(self, function: Any, node: Any) -> Any:
        if function.parent_context.is_stub() or node.is_generator():
            return self._unknown("no return annotation")
        returns = list(node.iter_return_stmts())
        if not 0 < len(returns) <= RETURNS_MAX:
            return self._unknown("no or too many returns")
        context = function.as_context()
        results = [each.children[1] for each in returns if each.type == "return_stmt"]
        return self._union(context, results) if results else self._unknown("returns nothing")
