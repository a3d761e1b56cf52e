"""Attributes that a value may have because code outside of its class sets them.

Such code is found by its text (``file_facts``), in the project's files and in the module of each class. Where
it names the class or the module, the attribute is taken for one of that. Where it cannot be told what the
receiver is, the attribute may be one of any class that could take it; to allow it costs little, for a package
has some dozens of such names.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from holesmith.analysis.python.evidence.file_facts import AttributeSite, FileFacts
from holesmith.analysis.python.evidence.module_facts import facts_of_module, path_of_module
from holesmith.analysis.python.evidence.project_facts import Placed, ProjectFacts, current_facts
from holesmith.analysis.python.inference.dynamic_attributes import has_field_metaclass
from holesmith.analysis.python.inference.value_classes import class_of

_NO_ATTRIBUTES = frozenset(("builtins", "typing", "types", "collections.abc", "_typeshed", "enum"))
"""Modules of which no instance takes attributes, or only what is read from its class."""


class Target:
    """The target of attributes: a module, or the classes of a value."""

    def __init__(self, value: Any) -> None:
        self.is_module = value.is_module()
        if self.is_module:
            self.origins = [value]
            names = [(value.py__name__() or "").rpartition(".")[2]]
        else:
            bases = [base for base in class_of(value).py__mro__() if not _takes_none(base)]
            self.origins = bases
            names = [base.py__name__() for base in bases]
        self.names = frozenset(names)
        self.plain_names = frozenset(name.lstrip("_") for name in names) | self.names
        self.is_open = any(not base.get_root_context().is_stub() for base in self.origins)

    def takes(self, site: AttributeSite, facts: FileFacts, declared: frozenset[str]) -> bool:
        """True if the attribute may belong to this target."""
        receiver = facts.aliases.get(site.receiver, site.receiver)
        if receiver in self.names:
            return True
        if not receiver and site.name not in declared:
            return True
        if not self.is_open or site.receiver in facts.modules or _is_class_name(receiver):
            return False
        if site.name in declared:
            return not self.is_module and not self.names.isdisjoint(facts.words)
        return True

    def takes_any(self, site: AttributeSite, facts: FileFacts) -> bool:
        """True if attributes with computed names are set on this target."""
        receiver = facts.aliases.get(site.receiver, site.receiver)
        if self.is_module:
            is_imported = site.receiver in facts.modules or site.receiver in facts.aliases
            return is_imported and receiver in self.names
        return receiver in self.names or not self.names.isdisjoint(site.classes)


def foreign_names(context: Any, values: Iterable[Any]) -> tuple[frozenset[str], str]:
    """The names that may be set on some values from outside, and why there may be others.

    The reason is empty if there are no others.
    """
    names: set[str] = set()
    for value in values:
        found, reason = _of_value(context, value)
        if reason:
            return frozenset(), reason
        names |= found
    return frozenset(names), ""


def _of_value(context: Any, value: Any) -> tuple[frozenset[str], str]:
    if not value.is_module() and not hasattr(value, "py__class__"):
        return frozenset(), ""
    target = Target(value)
    if not target.names:
        return frozenset(), ""
    project = current_facts()
    if project is None:
        return frozenset(), ""
    project.refresh()
    if not project.is_whole:
        return frozenset(), "the project's files are being read"
    root = context.get_root_context()
    path = path_of_module(root)
    own = project.of_lines(path, root.code_lines or [])
    key = target.names, target.is_open, target.is_module
    if key not in project.memo:
        judged = {place: _judge(target, sites, project.declared) for place, sites in project.sites.items()}
        project.memo[key] = {place: found for place, found in judged.items() if any(found)}
    found = [each for place, each in project.memo[key].items() if place != path]
    found.append(_judge(target, [(site, own) for site in own.sites], project.declared | own.declared))
    found += [_judge(target, sites, project.declared) for sites in _elsewhere(context, target, project)]
    reason = next((reason for _, reason in found if reason), "")
    return frozenset[str]().union(*(names for names, _ in found)), reason


def _judge(target: Target, sites: Iterable[Placed], declared: frozenset[str]) -> tuple[frozenset[str], str]:
    names: set[str] = set()
    for site, facts in sites:
        if site.name is None:
            if target.takes_any(site, facts):
                return frozenset(), "attributes are set on it by name"
        elif target.takes(site, facts, declared):
            names.add(site.name)
    return frozenset(names), ""


def _elsewhere(context: Any, target: Target, project: ProjectFacts) -> Iterator[list[Placed]]:
    """The sites in modules of the classes that are not of the project, such as those of a library."""
    for origin in target.origins:
        if has_field_metaclass(origin):
            continue  # the library's own way to fill the fields that it was told of
        root = origin.get_root_context()
        node = getattr(root, "tree_node", None)
        path = path_of_module(root)
        if node is None or root.is_stub() or node is context.get_root_context().tree_node:
            continue
        if path is not None and path.startswith(project.root):
            continue
        facts = facts_of_module(context, root)
        yield [(site, facts) for site in facts.sites]


def _takes_none(base: Any) -> bool:
    return base.get_root_context().py__name__() in _NO_ATTRIBUTES


def _is_class_name(name: str) -> bool:
    """True if a name looks like that of a class; a name in capitals is a constant."""
    plain = name.lstrip("_")
    return plain[:1].isupper() and not plain.isupper()
