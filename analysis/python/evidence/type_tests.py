"""Tests that tell more of a receiver's type than its declaration does, other than ``isinstance``.

A method, a tag or a guard may say that it is of a subclass. A subclass has to exist for that; which one it is
cannot be told, so such a test is a reason not to trust the members of the declared class.
"""

import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from holesmith.analysis.python.evidence.file_facts import FileFacts
from holesmith.analysis.python.evidence.module_facts import facts_of_module, path_of_module
from holesmith.analysis.python.evidence.project_facts import current_facts
from holesmith.analysis.python.inference.bindings import code_of
from holesmith.analysis.python.inference.value_classes import class_of
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer
from jedi.inference.syntax_tree import infer_trailer

CALLS_MAX = 12
_BUILTINS = frozenset(dir(builtins))
_IN_CONDITION = re.compile(
    r"(?:^|[\s(,\[=])(?:if|elif|while|assert|and|or|not|match|any|all|return)\b[^\n]*$|=[ \t]*$"
)
_TAG = re.compile(
    r"\s*\.(?:\w+\.)*\w+\s*(?:(?:==|!=)(?!\s*(?:[\d.]|None\b|\"\"|''))|is\b(?!\s+(?:not\s+)?None\b)|(?:not\s+)?in\b)"
)
_SAYS = re.compile(
    r"\s*\.(?:is|has|can|supports|accepts|allows)_?[A-Za-z]\w*\b(?!\s*[.\[])|\s*\.\w+\(\s*\)(?!\s*[.\[<>])"
)
_CLASS = re.compile(
    r"\s*\.__class__\b(?:\.__\w+__)?\s*(?:==|!=|is\b|(?:not\s+)?in\b|[,)]|=(?!=)|:[ \t]*(?:\n|$))"
)
_MATCHED = re.compile(r"\bmatch\b[^\n:]*$")
_CALLEE = re.compile(r"(?<!\bdef )(?<![\w.])([^\W\d][\w.]*)\((?:[^()\n]*,\s*)?$")
_ARGUMENT_END = re.compile(r"\s*[,)]")
_GUARD = re.compile(r"\bType(?:Guard|Is)\b")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a receiver's text in code, with the text before and behind it."""

    region: str
    start: int
    stop: int

    def is_behind(self, pattern: re.Pattern[str], characters: int) -> bool:
        """True if the text before the receiver ends as the pattern says."""
        return self._before(pattern, characters) is not None

    def callee(self) -> str | None:
        """Return the function that is called with the receiver as an argument."""
        if _ARGUMENT_END.match(self.region, self.stop) is None:
            return None
        found = self._before(_CALLEE, 200)
        return None if found is None else found[1]

    def is_followed_by(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self.region, self.stop) is not None

    def _before(self, pattern: re.Pattern[str], characters: int) -> re.Match[str] | None:
        line = self.region.rfind("\n", 0, self.start) + 1
        return pattern.search(self.region, max(line, self.start - characters), self.start)


def reason_of_test(
    values: Iterable[Any], context: Any, leaf: Any, occurrences: Iterable[Occurrence], *, is_self: bool
) -> str | None:
    """Return the reason why a receiver with these values may be of a subclass; None without one.

    ``is_self`` is for the object that a method belongs to, whose tags seldom tell what it is not written for.
    """
    found = list(occurrences)
    if is_self and any(_is_mixin(context, value) for value in values):
        return "it is mixed into other classes"
    if not found:
        return None
    if any(each.is_followed_by(_CLASS) for each in found):
        return "its type is tested"
    is_derived_from = any(_is_derived_from(context, value) for value in values)
    if is_derived_from and not is_self and any(map(_is_test, found)):
        return "a test may tell its subclass"
    callees = dict.fromkeys(callee for each in found if (callee := each.callee()))
    if any(_is_guard(context, leaf, callee, is_derived_from) for callee in list(callees)[:CALLS_MAX]):
        return "a guard tells its type"
    return None


def _is_test(each: Occurrence) -> bool:
    if not each.is_followed_by(re.compile(r"\s*\.")):
        return False
    if each.is_behind(_MATCHED, 200):
        return True
    is_said = each.is_followed_by(_TAG) or each.is_followed_by(_SAYS)
    return is_said and each.is_behind(_IN_CONDITION, 200)


def _is_derived_from(context: Any, value: Any) -> bool:
    """True if the project, or the module of the value's class, has classes derived from that one."""
    if value.is_module() or not hasattr(value, "py__class__"):
        return False
    cls = class_of(value)
    root = cls.get_root_context()
    if not cls.is_class() or root.is_stub() or getattr(root, "tree_node", None) is None:
        return False
    name = cls.py__name__()
    project = current_facts()
    return (project is not None and name in project.bases) or name in _facts_in(context, root).bases


def _is_mixin(context: Any, value: Any) -> bool:
    """True if the value's class stands before another base of some class: then it may use that base's
    members.
    """
    cls = class_of(value) if hasattr(value, "py__class__") else None
    if cls is None or not cls.is_class() or cls.get_root_context().is_stub():
        return False
    name = cls.py__name__()
    if getattr(cls, "tree_node", None) is None or cls.tree_node.get_super_arglist() is not None:
        return False  # what it is mixed into has a base of its own as well
    project = current_facts()
    is_mixed_in = project is not None and name in project.mixins
    return "Mixin" in name or is_mixed_in or name in _facts_in(context, cls.get_root_context()).mixins


def _facts_in(context: Any, root: Any) -> FileFacts:
    project = current_facts()
    if project is not None and root.tree_node is context.get_root_context().tree_node:
        return project.of_lines(path_of_module(root), root.code_lines or [])
    return facts_of_module(context, root)


def _is_guard(context: Any, leaf: Any, callee: str, is_derived_from: bool) -> bool:
    """True if the called function returns a ``TypeGuard`` or ``TypeIs``, or tests for a subclass."""
    if callee in _BUILTINS:
        return False
    *_, last = callee.split(".")
    for name in leaf.get_root_node().get_used_names().get(last, ()):
        operands = _called_operands(name)
        if operands and "".join(each.get_code() for each in operands).strip() == callee:
            found = _values_of(context, name, operands)
            return any(_guards(value, is_derived_from) for value in found)
    return False


def _called_operands(name: Any) -> list[Any]:
    """The operand and the trailers up to a name that is called; empty if it is not."""
    last = name.parent if is_trailer(name.parent, ".") else name
    following = last.get_next_sibling() if is_postfix(last.parent) else None
    if following is None or not is_trailer(following, "("):
        return []
    siblings = last.parent.children
    return [each for each in siblings[: siblings.index(last) + 1] if each.type != "keyword"]


def _values_of(context: Any, name: Any, operands: list[Any]) -> Iterator[Any]:
    place = context.get_root_context().create_context(name)
    values = place.infer_node(operands[0])
    for trailer in operands[1:]:
        values = infer_trailer(place, values, trailer)
    yield from values


def _guards(value: Any, is_derived_from: bool) -> bool:
    node = getattr(value, "tree_node", None)
    if node is None or node.type != "funcdef":
        return False
    returned = node.annotation
    if returned is not None and _GUARD.search(returned.get_code()):
        return True
    if not is_derived_from or value.get_root_context().is_stub():
        return False
    parameters = "|".join(re.escape(each.name.value) for each in node.get_params())
    tests = re.compile(rf"\b(?:isinstance|type|hasattr)\(\s*(?:{parameters})\s*[,)]")
    return (
        bool(parameters) and _answers(node) and tests.search(code_of(value.parent_context, node)) is not None
    )


def _answers(function: Any) -> bool:
    """True if a function tests its argument: it returns a truth value, or raises."""
    returned = function.annotation
    if returned is not None:
        return returned.get_code().strip() in ("bool", "None", "NoReturn")
    text = function.get_code()
    return (
        "raise" in text
        or re.search(r"\breturn[ \t]+(?:not\b|isinstance\(|hasattr\(|type\(|True|False)", text) is not None
    )
