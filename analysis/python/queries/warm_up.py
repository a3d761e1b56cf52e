"""Warm up a document's analysis: its imports, the receivers before its dots, and the callees of its calls.

The first question about a module or class takes up to a second, the next one a few milliseconds. So the first
is asked before a user waits for it.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from holesmith.analysis.answers import WarmedUp
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import code_of, is_member
from holesmith.analysis.python.inference.dynamic_attributes import dynamic_reason
from holesmith.analysis.python.lookup.callables import call_of
from holesmith.analysis.python.lookup.member_listing import members_listed
from holesmith.analysis.python.lookup.member_view import view_of
from holesmith.analysis.python.lookup.receivers import receiver_of
from holesmith.analysis.python.lookup.visible_names import visible_names
from holesmith.analysis.python.parsing.parso_nodes import is_postfix, is_trailer
from holesmith.analysis.python.project import FilledHole, JediProject
from holesmith.analysis.questions import WarmUpQuestion
from jedi.inference.names import TreeNameDefinition

# Seconds that one slice of the work takes, so that other questions need not wait longer than this.
SLICE_S = 0.05
# Receivers and callees that are looked at, at most.
RECEIVERS_MAX = CALLEES_MAX = 200

_Work = Callable[[], object]


def warm_up(project: JediProject, question: WarmUpQuestion, deadline: Deadline) -> WarmedUp:
    """Do one slice of the work, from piece ``question.begin`` on; pieces near the offset come first."""
    if question.begin == 0:
        project.documents.renew(question.source.path)
    filled = project.fill(question.source, question.offset)
    pieces = [*_imports(filled), partial(_look_around, filled), *_receivers(filled), *_callees(filled)]
    stop_at = time.monotonic() + SLICE_S
    for index in range(question.begin, len(pieces)):
        try:
            pieces[index]()
        except Exception:  # noqa: BLE001 # the question about this piece will fail too, and report it
            project.documents.forget_documents()
            return WarmedUp(index + 1 if index + 1 < len(pieces) else None)
        if time.monotonic() >= stop_at or deadline.is_near():
            return WarmedUp(index + 1 if index + 1 < len(pieces) else None)
    return WarmedUp(None)


def _look_around(filled: FilledHole) -> None:
    """Find the names in scope, so that the names of the builtins are memoised."""
    visible_names(filled.context, filled.position)


def _imports(filled: FilledHole) -> Iterator[_Work]:
    for statement in filled.module_context.tree_node.iter_imports():
        for name in statement.get_defined_names():
            yield partial(_meet, filled.module_context, name)


def _meet(context: Any, name: Any) -> None:
    """List the members of an imported module, or of the instances of an imported class."""
    for value in TreeNameDefinition(context, name).infer():
        if value.is_module():
            dynamic_reason(value)
            members_listed(context, value)
        elif value.is_class():
            dynamic_reason(value)
            for instance in value.execute_annotation(None):
                members_listed(context, instance)


def _receivers(filled: FilledHole) -> list[_Work]:
    """One piece for each receiver by its text, at its place nearest to the hole."""
    pieces: dict[str, _Work] = {}
    module = filled.module_context
    for name in _names_by_nearness(filled):
        receiver = receiver_of(name) if is_member(name) else None
        if receiver is not None and len(pieces) < RECEIVERS_MAX:
            text = "".join(code_of(module, node) for node in receiver)
            pieces.setdefault(text, partial(_look_at, module, name, receiver))
    return list(pieces.values())


def _callees(filled: FilledHole) -> list[_Work]:
    """One piece for each callee by its text, at its place nearest to the hole. It looks at the result too."""
    pieces: dict[str, _Work] = {}
    module = filled.module_context
    for name in _names_by_nearness(filled):
        call = _call_of(name)
        if call and len(pieces) < CALLEES_MAX:
            text = "".join(code_of(module, node) for node in call[:-1])
            pieces.setdefault(text, partial(_look_at_call, module, name, call))
    return list(pieces.values())


def _names_by_nearness(filled: FilledHole) -> list[Any]:
    line = filled.position[0]
    used = filled.module_context.tree_node.get_used_names().values()
    return sorted((name for names in used for name in names), key=lambda name: abs(name.start_pos[0] - line))


def _call_of(name: Any) -> list[Any]:
    """The first operand and the trailers, up to the call behind a name; empty if the name is not called."""
    last = name.parent if is_member(name) else name
    following = last.get_next_sibling() if is_postfix(last.parent) else None
    if following is None or not is_trailer(following, "("):
        return []
    siblings = last.parent.children
    return [each for each in siblings[: siblings.index(following) + 1] if each.type != "keyword"]


def _look_at(module: Any, name: Any, receiver: list[Any]) -> None:
    view_of(module.create_context(name), name, receiver, allow_incomplete=False)


def _look_at_call(module: Any, name: Any, call: list[Any]) -> None:
    call_of(module.create_context(name), call[:-1], 0, set(), allow_incomplete=False)
    _look_at(module, name, call)
