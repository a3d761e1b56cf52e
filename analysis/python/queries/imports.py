"""Answer a question about a file's imports: the modules, with the signatures of their functions and classes.

After LANCE (arXiv 2405.04600). Modules of the project come before installed ones. Functions and methods are
ranked by how often their names, and variables of their classes, stand near the hole.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holesmith.analysis.answers import Api, ImportedModule, Imports
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.class_text import function_header
from holesmith.analysis.python.project import FilledHole, JediProject
from holesmith.analysis.questions import ImportsQuestion
from jedi.inference.names import TreeNameDefinition

# Imported modules that are looked at, at most.
IMPORTS_MAX = 60
# Characters before the hole that count as near it.
NEAR_CHARACTERS = 1_500
# Variables near the hole whose classes are inferred, at most, because inference takes time.
VARIABLES_MAX = 12
_WORD = re.compile(r"[^\W\d]\w*")


def imports_of(project: JediProject, question: ImportsQuestion, deadline: Deadline) -> Imports:
    """Return the imported modules, the best first; if the deadline is near, only those found until then."""
    filled = project.fill(question.source, question.offset)
    near = Counter(_WORD.findall(filled.text[max(filled.offset - NEAR_CHARACTERS, 0) : filled.offset + 300]))
    near.update(classes_near(filled, deadline))
    modules: dict[str, ImportedModule] = {}
    for names, module in _imported(filled):
        if deadline.is_near(10) or len(modules) >= IMPORTS_MAX:
            break
        merged = modules.get(module.py__name__())
        apis = tuple(_apis(module, names, near))
        known = merged.apis if merged else ()
        modules[module.py__name__()] = _module(project, module, (*known, *apis))
    return Imports(tuple(_cut(modules, question.apis_max)))


def _cut(modules: dict[str, ImportedModule], apis_max: int) -> Iterator[ImportedModule]:
    """Sort the project's modules first, then by their best score, and keep ``apis_max`` APIs in all."""
    left = apis_max
    for module in sorted(modules.values(), key=lambda each: (not each.is_local, -_best(each))):
        apis = sorted(dict.fromkeys(module.apis), key=lambda api: -api.score)[:left]
        left -= len(apis)
        yield ImportedModule(module.module, module.path, module.is_local, tuple(apis))


def _best(module: ImportedModule) -> float:
    return max((api.score for api in module.apis), default=0.0)


def _imported(filled: FilledHole) -> Iterator[tuple[set[str], Any]]:
    """The imported modules, each with the names taken from it; no names if the module itself is imported."""
    context = filled.module_context
    for statement in context.tree_node.iter_imports():
        for name in statement.get_defined_names():
            definition = TreeNameDefinition(context, name)
            for value in definition.infer():
                if value.is_module():
                    yield set(), value
                else:
                    root = value.get_root_context()
                    if root.is_module() and root.tree_node is not context.tree_node:
                        yield (
                            {value.py__name__() if value.is_class() or value.is_function() else name.value},
                            root.get_value(),
                        )


def _apis(module: Any, names: set[str], near: Counter[str]) -> Iterator[Api]:
    node = getattr(module, "tree_node", None)
    if node is None:
        return
    for function in node.iter_funcdefs():
        name = function.name.value
        if name in names or not (names or name.startswith("_")):
            yield Api(name, function_header(function), None, _score(near, name))
    for classdef in node.iter_classdefs():
        owner = classdef.name.value
        if owner in names or not (names or owner.startswith("_")):
            for function in classdef.iter_funcdefs():
                name = function.name.value
                if not name.startswith("_") or name == "__init__":
                    yield Api(
                        name, function_header(function), owner, _score(near, owner) + 0.5 * _score(near, name)
                    )


def _score(near: Counter[str], name: str) -> float:
    """From 0 for a name that is not near the hole to 1 for a name that stands there four times."""
    return min(near[name], 4) / 4


def classes_near(filled: FilledHole, deadline: Deadline) -> Iterator[str]:
    """The names of the classes of variables used just before the hole, nearest first, with two bases each."""
    before = filled.text[max(filled.offset - NEAR_CHARACTERS, 0) : filled.offset]
    variables = dict.fromkeys(reversed(re.findall(r"(?<![\w.])([^\W\d]\w*)(?=\s*\.)", before)))
    context = filled.context
    for variable in list(variables)[:VARIABLES_MAX]:
        if deadline.is_near(15):
            return
        for value in context.py__getattribute__(variable, position=filled.position):
            if value.is_instance():
                yield from (base.py__name__() for base in list(value.py__class__().py__mro__())[:3])


def _module(project: JediProject, module: Any, apis: tuple[Api, ...]) -> ImportedModule:
    path = module.py__file__()
    return ImportedModule(module.py__name__(), str(path) if path else None, is_local(project, path), apis)


def is_local(project: JediProject, path: Path | None) -> bool:
    """True if a file is in a source root of the project, but not in an environment inside that root."""
    if path is None:
        return False
    environment = project.environment.path
    is_installed = "site-packages" in path.parts or (
        environment is not None and path.is_relative_to(environment)
    )
    return not is_installed and any(path.is_relative_to(root) for root in project.environment.source_roots)
