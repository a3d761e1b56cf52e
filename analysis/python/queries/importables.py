"""Answer a question about an import statement: the modules, or the names of one module, that fit the hole.

For example:
    from pathlib import Pa‸    →  the names of the module pathlib
    import os.‸                →  the modules of the package os
"""

import re
from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import ImportableNames, MissingNames
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import code_of
from holesmith.analysis.python.inference.dynamic_attributes import dynamic_reason
from holesmith.analysis.python.lookup.missing_names import missing_names
from holesmith.analysis.python.lookup.names import members_of
from holesmith.analysis.python.parsing.jedi_internals import tree_of
from holesmith.analysis.python.project import PLACEHOLDER, FilledHole, JediProject
from holesmith.analysis.questions import ImportableNamesQuestion, MissingNamesQuestion
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import Token, tokenize
from jedi.inference.imports import Importer

_IMPORT = re.compile(r"^(?:[^#\n]*[;:])?[ \t\f]*((?:from|import)\b)", re.MULTILINE)
_QUOTED = re.compile(r"""(?<=["'])\w+(?=["'])""")
_LANGUAGE_NAMES = ("__doc__", "__file__", "__name__", "__package__", "__path__", "__spec__")


def importables_at(
    project: JediProject, question: ImportableNamesQuestion, deadline: Deadline
) -> ImportableNames | None:
    """Return the names that fit the hole; None if the hole is not in an import statement."""
    filled = project.fill(question.source, question.offset)
    if filled.hole.kind != "import":
        return None
    level, path, is_from = _module_before(filled)
    importer = Importer(project_state(filled), path, filled.module_context, level)
    if not is_from:
        names = importer.completion_names(project_state(filled), only_modules=True)
        members = members_of(names, 0, deadline)
        packages = importer.follow() if path or level else ()
        is_likely = bool(members) and bool(packages) and all(map(_is_package, packages))
        return ImportableNames(
            ".".join(path) or None,
            members,
            False,
            "modules may be installed under other names",
            is_likely_complete=is_likely,
        )
    modules = importer.follow()
    names = importer.completion_names(project_state(filled), only_modules=False)
    members = members_of(names, 0, deadline)
    reason = _reason(modules, members)
    tree = filled.module_context.tree_node
    offered = {member.name for member in members}.difference(_own_names(modules))
    missing = missing_names(tree, sorted(offered)) if tree is not None else ()
    return ImportableNames("." * level + ".".join(path), members, not reason, reason, missing)


def names_missing(project: JediProject, question: MissingNamesQuestion, _deadline: Deadline) -> MissingNames:
    """Return the names that a file uses and nothing in it binds."""
    script = project.script(question.source.path, question.source.text)
    tree = tree_of(script)
    return MissingNames(missing_names(tree, sorted(tree.get_used_names())))


def project_state(filled: FilledHole) -> Any:
    return filled.module_context.inference_state


def _reason(modules: Any, members: tuple[Any, ...]) -> str:
    """The reason why modules may have other names than ``members``; "" if they have no others."""
    if not modules or not members:
        return "the module is not found"
    return next((reason for each in modules if (reason := dynamic_reason(each))), "")


def _own_names(modules: Any) -> Iterator[str]:
    """The names that modules have, but hardly offer to others: Python's own, and those imported for own use.

    The ``__init__.py`` of a package imports names for others, so its imports do not count.
    """
    yield from _LANGUAGE_NAMES
    for module in modules:
        node = getattr(module, "tree_node", None)
        if node is None or _is_package(module):
            continue
        exported = _quoted(module) if "__all__" in node.get_used_names() else frozenset()
        for statement in node.iter_imports():
            for name in statement.get_defined_names():
                if name.value not in exported and not _is_as_itself(name):
                    yield name.value


def _is_package(module: Any) -> bool:
    """True if a module is a package with an ``__init__.py``, so that it may have submodules."""
    return getattr(module, "tree_node", None) is not None and module.is_package()


def _quoted(module: Any) -> frozenset[str]:
    """All strings of a single word in a module; those in its ``__all__`` are among them."""
    return frozenset(_QUOTED.findall(code_of(module.as_context(), module.tree_node)))


def _is_as_itself(name: Any) -> bool:
    """True for ``import x as x``, which by convention exports the name to others."""
    before = name.get_previous_leaf()
    return before.value == "as" and before.get_previous_leaf().value == name.value


def _module_before(filled: FilledHole) -> tuple[int, tuple[str, ...], bool]:
    """Read the module of an import statement from the tokens before the hole.

    Returns the number of leading dots, the parts of the dotted path, and True if the hole stands behind
    ``from … import``.
    """
    line_begin = _statement_start(filled.text, filled.offset)
    tokens = [
        each
        for each in tokenize(rules_of("python"), filled.text[line_begin : filled.offset])
        if each.kind != "newline"
    ]
    words = [each.text for each in tokens]
    if words[:1] == ["from"]:
        if "import" in words:
            return *_dotted(tokens[1 : words.index("import")]), True
        level, path = _dotted(tokens[1:])
        return level, path, False
    last_comma = len(words) - words[::-1].index(",") if "," in words else 1
    return *_dotted(tokens[last_comma:]), False


def _statement_start(text: str, offset: int) -> int:
    """The offset of the import statement around the hole; it may begin some lines above or behind a colon."""
    return max((match.start(1) for match in _IMPORT.finditer(text, 0, offset)), default=0)


def _dotted(tokens: list[Token]) -> tuple[int, tuple[str, ...]]:
    level = 0
    for token in tokens:
        if token.text not in (".", "..."):
            break
        level += len(token.text)
    names = tuple(each.text for each in tokens[0:] if each.kind == "word" and each.text != PLACEHOLDER)
    return level, names
