"""What can stand at the hole of an import statement: modules, or the names of one."""

from typing import Any

from holesmith.analysis.answers import Importables
from holesmith.analysis.class_closure import open_reason
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.jedi_project import PLACEHOLDER, FilledHole, JediProject
from holesmith.analysis.jedi_symbols import members_of
from holesmith.analysis.lexer import Token, tokenize
from holesmith.analysis.lexicon import lexicon_of
from holesmith.analysis.missing_names import missing_names
from holesmith.analysis.questions import ImportablesQuestion
from jedi.inference.imports import Importer


def importables_at(
    project: JediProject, question: ImportablesQuestion, deadline: Deadline
) -> Importables | None:
    """None if the hole is not in an import statement."""
    filled = project.fill(question.source, question.offset)
    if filled.hole.kind != "import":
        return None
    level, path, is_from = _module_before(filled)
    importer = Importer(project_state(filled), path, filled.module_context, level)
    if not is_from:
        names = importer.completion_names(project_state(filled), only_modules=True)
        members = members_of(names, 0, deadline)
        return Importables(
            ".".join(path) or None, members, False, "modules may be installed under other names"
        )
    modules = importer.follow()
    names = importer.completion_names(project_state(filled), only_modules=False)
    members = members_of(names, 0, deadline)
    reason = _reason(modules, members)
    tree = filled.module_context.tree_node
    missing = missing_names(tree, (member.name for member in members)) if tree is not None else ()
    return Importables("." * level + ".".join(path), members, not reason, reason, missing)


def project_state(filled: FilledHole) -> Any:
    return filled.module_context.inference_state


def _reason(modules: Any, members: tuple[Any, ...]) -> str:
    if not modules or not members:
        return "the module is not found"
    return next((reason for each in modules if (reason := open_reason(each))), "")


def _module_before(filled: FilledHole) -> tuple[int, tuple[str, ...], bool]:
    """Level, dotted path and whether names of that module are asked for: from the tokens of the statement."""
    line_begin = _statement_start(filled.text, filled.offset)
    tokens = [
        each
        for each in tokenize(lexicon_of("python"), filled.text[line_begin : filled.offset])
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
    start = max(text.rfind("\nfrom ", 0, offset), text.rfind("\nimport ", 0, offset))
    inner = max(text.rfind(" from ", 0, offset), text.rfind(" import ", 0, offset))
    line = text.rfind("\n", 0, max(inner, 0)) + 1
    begin = max(start + 1, line)
    return begin + len(text[begin:]) - len(text[begin:].lstrip())


def _dotted(tokens: list[Token]) -> tuple[int, tuple[str, ...]]:
    level = 0
    for token in tokens:
        if token.text not in (".", "..."):
            break
        level += len(token.text)
    names = tuple(each.text for each in tokens[0:] if each.kind == "word" and each.text != PLACEHOLDER)
    return level, names
