"""Tell whether a class or module can have members that its source does not show.

For example:
    class Settings:
        def __getattr__(self, name): ...    →  "Settings computes attributes"
"""

import re
from typing import Any

from holesmith.analysis.python.inference.bindings import code_of
from holesmith.analysis.python.inference.decorators import MEMBER_PRESERVING_DECORATORS, decorators_of
from holesmith.analysis.python.inference.value_classes import class_of
from holesmith.analysis.python.parsing.jedi_internals import class_without_arguments
from holesmith.analysis.python.parsing.parso_nodes import class_arguments, is_postfix, is_trailer
from jedi.inference.cache import inference_state_method_cache
from jedi.inference.gradual.base import GenericClass
from jedi.inference.imports import Importer

_PLAIN_METACLASSES = frozenset(
    ("type", "ABCMeta", "EnumMeta", "EnumType", "NamedTupleMeta", "ProtocolMeta", "_ProtocolMeta")
)
_DYNAMIC_HOOKS = ("__getattr__", "__getattribute__")
_PLAIN_SETTERS = frozenset(("object", "type", "UUID"))
"""Classes of stubs with a ``__setattr__`` that does not take names of any kind."""
_ATTRIBUTES = r"(?:\b(?:self|cls)\.__dict__|\bvars\(\s*(?:self|cls)?\s*\))"
_DYNAMIC_CLASS = re.compile(
    r"\bsetattr\(\s*(?:self|cls)\b|\blocals\(\)|\bexec\("
    # Code that only reads all attributes makes no new ones.
    rf"|(?<!\*\*)(?<!\bin )(?<!\bdict\()(?<!\blist\(){_ATTRIBUTES}(?!\.(?:items|keys|values|copy|get)\()"
)
_DYNAMIC_MODULE = re.compile(
    r"\bglobals\(\)|\bvars\(\)|\blocals\(\)|\bexec\(|lazy_import|lazy_loader|LazyModule"
    # To set its own attributes, a module must first get its own module object.
    r"|\bsys\.modules\b|import_module\(\s*__name__|__import__\(\s*__name__|\bgetmodule\("
)
_DYNAMIC_NAMES = re.compile(r"\bglobals\(\)\s*(?:\[|\.update)|\bvars\(\)\s*\[|\bexec(?:file)?\(")
_EXTRA_FIELDS = re.compile(r"""\bextra\b["']?\s*[=:]\s*(?:["']allow|\w*Extra\.allow)""")
_CLASS_REPLACED = re.compile(r"\b__class__[ \t]*=(?!=)")
_TAKE_ANY_ATTRIBUTE = frozenset(
    ("object", "Mock", "MagicMock", "NonCallableMock", "SimpleNamespace", "Namespace", "Struct")
)


def dynamic_reason(value: Any) -> str | None:
    """Return the reason why a value may have members that are not listed; None if it cannot have them."""
    if value.is_module():
        return _reason_of_module(value)
    if not hasattr(value, "py__class__"):
        return "a namespace package"
    owner = class_of(value)
    if value.is_function() or value.is_bound_method():
        return "a function"
    if not owner.is_class():
        return "its class is not known"
    if owner.py__name__() in _TAKE_ANY_ATTRIBUTE:
        return f"{owner.py__name__()} takes any attribute"
    return _reason_of_owner(class_without_arguments(owner) if isinstance(owner, GenericClass) else owner)


@inference_state_method_cache()
def _reason_of_owner(owner: Any) -> str | None:
    """The reason for a class and its bases. ``owner`` has no type arguments, since jedi memoises by value."""
    reasons = (reason for base in owner.py__mro__() if (reason := _reason_of_class(base)))
    return next(reasons, None) or _completed_below(owner)


def _completed_below(owner: Any) -> str | None:
    """The reason for an empty class with subclasses in its module, because it stands for the subclasses."""
    classdef = getattr(owner, "tree_node", None)
    if classdef is None or classdef.type != "classdef" or _is_stub(owner):
        return None
    is_completed = _is_empty(classdef) and _has_subclasses_nearby(classdef)
    return f"{classdef.name.value} is completed by its subclasses" if is_completed else None


@inference_state_method_cache()
def _reason_of_class(base: Any) -> str | None:
    classdef = getattr(base, "tree_node", None)
    if classdef is None or classdef.type != "classdef":
        return None
    name = classdef.name.value
    if has_field_metaclass(base):
        if any(is_field_metaclass(each) for each in _named_metaclasses(base)):
            return None
        if _EXTRA_FIELDS.search(code_of(base.parent_context, classdef)):
            return f"{name} takes extra fields"
    if not decorators_of(classdef) <= MEMBER_PRESERVING_DECORATORS:
        return f"{name} has an unknown decorator"
    if any(defines(classdef, hook) for hook in _DYNAMIC_HOOKS) and name != "object":
        return f"{name} computes attributes"
    reason = _reason_in_stub(classdef, name) if _is_stub(base) else _reason_in_text(base, classdef, name)
    if reason is None and _is_patched(classdef):
        reason = f"{name} is changed from outside"
    return reason or _reason_of_bases(base, name)


def _reason_in_stub(classdef: Any, name: str) -> str | None:
    takes_any = defines(classdef, "__setattr__") and name not in _PLAIN_SETTERS
    return f"{name} takes any attribute" if takes_any else None


def _reason_in_text(base: Any, classdef: Any, name: str) -> str | None:
    code = code_of(base.parent_context, classdef)
    if _DYNAMIC_CLASS.search(code):
        return f"{name} sets attributes by name"
    if _CLASS_REPLACED.search(code):
        return f"{name} turns into another class"
    is_filled = _is_empty(classdef) and classdef.get_super_arglist() is None
    return f"{name} is filled from outside" if is_filled else None


def _is_empty(classdef: Any) -> bool:
    """True if the body of a class holds only a docstring, ``pass`` or ``...``."""
    body = classdef.get_suite()
    lines = body.children if body.type == "suite" else [body]
    content = [line.children[0] for line in lines if line.type != "newline" and hasattr(line, "children")]
    return all(each.type == "string" or getattr(each, "value", "") in ("pass", "...") for each in content)


def _has_subclasses_nearby(classdef: Any) -> bool:
    """True if other classes of the module derive from the class."""
    for name in classdef.get_root_node().get_used_names().get(classdef.name.value, ()):
        derived = name.search_ancestor("classdef")
        arguments = None if derived is None or derived is classdef else derived.get_super_arglist()
        if arguments is not None and arguments.start_pos <= name.start_pos < arguments.end_pos:
            return True
    return False


def _reason_of_bases(base: Any, name: str) -> str | None:
    context = base.parent_context
    for node in class_arguments(base.tree_node):
        if node.type == "argument":
            if node.children[0].type == "operator" or node.children[0].value == "metaclass":
                metaclass = node.children[-1].get_code(include_prefix=False)
                is_marked = any(is_field_metaclass(each) for each in _named_metaclasses(base))
                if metaclass.rpartition(".")[2] not in _PLAIN_METACLASSES and not is_marked:
                    return f"{name} has metaclass {metaclass}"
            continue
        if _is_stub(base) and node.type == "name" and node.value.startswith("_"):
            continue  # jedi hides private names of stubs; the compiled class has these members too
        values = context.infer_node(node)
        # jedi wrongly resolves some private bases in stubs to the class itself.
        is_itself = any(getattr(value, "tree_node", None) is base.tree_node for value in values)
        if not values or is_itself or not all(value.is_class() for value in values):
            return f"a base of {name} is not known"
    return None


def is_field_metaclass(metaclass: Any) -> bool:
    """True if a metaclass is marked with ``dataclass_transform`` (PEP 681).

    By this mark it declares that it makes a constructor from annotated fields and adds nothing else. The
    dynamic code of the class that names it, such as pydantic's ``BaseModel``, is ignored.
    """
    node = getattr(metaclass, "tree_node", None)
    return node is not None and node.type == "classdef" and "dataclass_transform" in decorators_of(node)


def has_field_metaclass(cls: Any) -> bool:
    metaclasses = cls.get_metaclasses() if hasattr(cls, "get_metaclasses") else ()
    return any(is_field_metaclass(each) for each in metaclasses)


def _named_metaclasses(cls: Any) -> list[Any]:
    """The metaclasses that the class statement itself names, without inherited ones."""
    named = [node.children[-1] for node in class_arguments(cls.tree_node) if node.type == "argument"]
    return [value for node in named for value in cls.parent_context.infer_node(node)]


def defines(classdef: Any, name: str) -> bool:
    """True if the class, or a class nested in it, has a method or attribute of that name."""
    used = classdef.get_root_node().get_used_names().get(name, ())
    return any(
        each.parent.type == "funcdef" and each.parent.name is each and _inside(each, classdef)
        for each in used
    ) or any(
        each.parent.type == "expr_stmt" and each.is_definition() and _inside(each, classdef) for each in used
    )


def _inside(name: Any, classdef: Any) -> bool:
    return classdef.start_pos < name.start_pos < classdef.end_pos


def _is_patched(classdef: Any) -> bool:
    """True if the module of the class assigns to its attributes, or sets them with ``setattr``."""
    for name in classdef.get_root_node().get_used_names().get(classdef.name.value, ()):
        parent = name.parent
        if is_postfix(parent) and parent.children[0] is name:
            last = parent.children[-1]
            if is_trailer(last, ".") and last.children[1].is_definition():
                return True
        if parent.type == "arglist" and parent.children[0] is name and _called(parent) == "setattr":
            return True
    return False


def _called(arguments: Any) -> str:
    trailer = arguments.parent
    if trailer is None or trailer.type != "trailer" or trailer.parent is None:
        return ""
    return getattr(trailer.parent.children[0], "value", "")


def has_known_bases(cls: Any) -> bool:
    """True if all direct and indirect bases of a class are found, and none has an unknown metaclass."""
    return all(
        _reason_of_bases(base, base.py__name__()) is None
        for base in cls.py__mro__()
        if getattr(base, "tree_node", None) is not None and base.tree_node.type == "classdef"
    )


def has_plain_construction(cls: Any) -> bool:
    """True if a call of the class gives an instance of it."""
    for base in cls.py__mro__():
        classdef = getattr(base, "tree_node", None)
        if classdef is None or classdef.type != "classdef":
            continue
        if base.get_root_context().is_stub():
            continue
        if defines(classdef, "__new__"):
            return False
    return all(
        each.py__name__() in _PLAIN_METACLASSES or is_field_metaclass(each) for each in cls.get_metaclasses()
    )


def shapes_subclasses(cls: Any) -> bool:
    """True if a base has ``__init_subclass__``, which may change derived classes and their constructors."""
    nodes = [
        base.tree_node for base in cls.py__mro__() if getattr(base, "tree_node", None) and not _is_stub(base)
    ]
    return any(defines(node, "__init_subclass__") for node in nodes if node.type == "classdef")


def is_enumeration(cls: Any) -> bool:
    """True if the class is an enumeration, so that a name assigned in its body is a member of that class."""
    return any(base.py__name__() == "Enum" and _is_stub(base) for base in cls.py__mro__())


def _is_stub(cls: Any) -> bool:
    return bool(cls.get_root_context().is_stub())


@inference_state_method_cache()
def _reason_of_module(module: Any) -> str | None:
    node = getattr(module, "tree_node", None)
    if node is None:
        return None if module.is_compiled() else "a namespace package"
    used = node.get_used_names()
    if any(
        each.parent.type == "funcdef" and each.parent.parent is node for each in used.get("__getattr__", ())
    ):
        return "the module computes attributes"
    if not module.is_stub() and _DYNAMIC_MODULE.search(code_of(module.as_context(), node)):
        return "the module sets names by name"
    return None if has_followed_stars(module, node) else "a star import is not resolved"


def has_all_names(module: Any) -> bool:
    """True if the source shows all names that the module's code can use.

    Code that sets names by name, or a star import that is not found, could bind others.
    """
    node = module.tree_node
    return not _DYNAMIC_NAMES.search(code_of(module.as_context(), node)) and has_followed_stars(module, node)


def has_followed_stars(module: Any, node: Any) -> bool:
    """True if the modules of all star imports in a module are found."""
    context = module.as_context()
    return all(
        Importer(module.inference_state, each.get_paths()[-1], context, each.level).follow()
        for each in node.iter_imports()
        if each.is_star_import()
    )
