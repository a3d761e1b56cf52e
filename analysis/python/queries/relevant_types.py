"""Answer a question about relevant types: the definitions reachable from the expected type of the hole.

"Statically Contextualizing Large Language Models with Typed Holes" (ChatLSP, 2024) defines relevant types.
The class of the expected type comes first, then the classes in its fields' annotations and its bases, breadth
first. The builtins and ``typing`` are left out, because every reader knows them.
"""

from typing import Any

from holesmith.analysis.answers import RelevantTypes, TypeDefinition
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.class_text import trimmed
from holesmith.analysis.python.lookup.expected_types import expectation_at
from holesmith.analysis.python.lookup.reachable_classes import reachable
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import RelevantTypesQuestion


def relevant_types_at(
    project: JediProject, question: RelevantTypesQuestion, deadline: Deadline
) -> RelevantTypes:
    """Return the definitions that fit into ``characters_max`` together; a longer one is left out."""
    expectation = expectation_at(project.fill(question.source, question.offset))
    if expectation is None:
        return RelevantTypes(())
    left = question.characters_max
    definitions: list[TypeDefinition] = []
    for cls in reachable(expectation, deadline):
        definition = definition_of(cls)
        if len(definition.text) <= left:
            definitions.append(definition)
            left -= len(definition.text)
    return RelevantTypes(tuple(definitions))


def definition_of(cls: Any) -> TypeDefinition:
    """Describe a class of jedi's: its name, place and trimmed text."""
    root = cls.get_root_context()
    path = root.py__file__() if root.is_module() else None
    return TypeDefinition(
        cls.py__name__(),
        root.py__name__() or "",
        str(path) if path else None,
        cls.tree_node.start_pos[0],
        trimmed(cls.tree_node),
    )
