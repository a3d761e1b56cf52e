"""Answer a question about scope: the names that may begin an expression at the hole, innermost first."""

from dataclasses import replace
from typing import Any

from holesmith.analysis.answers import Origin, ScopeName, ScopeNames
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import scope_of
from holesmith.analysis.python.inference.dynamic_attributes import has_all_names
from holesmith.analysis.python.lookup.names import kind_of, type_text
from holesmith.analysis.python.lookup.visible_names import NAMES_MAX, visible_names
from holesmith.analysis.python.parsing.project_memo import project_memo
from holesmith.analysis.python.project import PLACEHOLDER, JediProject
from holesmith.analysis.questions import ScopeQuestion


def scope_names_at(project: JediProject, question: ScopeQuestion, deadline: Deadline) -> ScopeNames:
    """Return the names in scope; the first ``typed_max`` with their types, as long as there is time."""
    filled = project.fill(question.source, question.offset)
    module = filled.module_context
    found: dict[str, ScopeName] = {}
    for name in visible_names(filled.context, filled.position):
        text = name.string_name
        if text in found or text == PLACEHOLDER or len(found) >= NAMES_MAX:
            continue
        found[text] = _described(name, module)
        if len(found) <= question.typed_max and not deadline.is_near(10):
            found[text] = replace(found[text], type=type_text(name.infer()))
    is_complete = has_all_names(module.get_value()) and len(found) < NAMES_MAX
    return ScopeNames(tuple(found.values()), is_complete)


def _described(name: Any, module: Any) -> ScopeName:
    """Describe a name, without inferring its type. Descriptions of builtins are memoised."""
    kept = project_memo(module.inference_state).described_builtins
    if name in kept:
        return kept[name]
    described = ScopeName(name.string_name, kind_of(name), _origin(name, module))
    if described.origin == "builtin":
        kept[name] = described
    return described


def _origin(name: Any, module: Any) -> Origin:
    root = name.get_root_context()
    if root.is_builtins_module():
        return "builtin"
    tree_name = getattr(name, "tree_name", None)
    if tree_name is None or (root is not module and root.tree_node is not module.tree_node):
        return "import"
    definition = tree_name.get_definition(import_name_always=True)
    kind = definition.type if definition is not None else ""
    if kind in ("import_name", "import_from"):
        return "import"
    if kind == "param":
        return "parameter"
    return "global" if scope_of(tree_name).type == "file_input" else "local"
