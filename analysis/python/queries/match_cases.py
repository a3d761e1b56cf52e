"""Answer a question about a ``case``: the members of the enumeration that it may name.

For example:
    match color:        # color: Color, an enumeration
        case ‸          →  Color.RED, Color.GREEN, …
        case Color.‸    →  RED, GREEN, …

Invariant: there is no answer if the subject may be anything else than a member of the enumeration.
"""

import re
from dataclasses import dataclass
from typing import Any

from holesmith.analysis.answers import MatchCases
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.bindings import class_bindings, defined_names
from holesmith.analysis.python.inference.dynamic_attributes import dynamic_reason, is_enumeration
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.receivers import receiver_of
from holesmith.analysis.python.lookup.visible_names import visible_names
from holesmith.analysis.python.project import FilledHole, JediProject
from holesmith.analysis.questions import MatchCaseQuestion, Source

_CASE = re.compile(r"(?P<margin>[ \t]*)case\b")
_MATCH = re.compile(r"(?P<margin>[ \t]*)match\s+(?P<subject>[\w.]+)\s*:\s*(?:#.*)?$")
_DOTTED = re.compile(r"[\w.]+\.$")


@dataclass(frozen=True, slots=True)
class _Match:
    """A ``match`` statement: the text before it, its indentation, and the expression that is matched."""

    before: str
    margin: str
    subject: str


def cases_at(project: JediProject, question: MatchCaseQuestion, deadline: Deadline) -> MatchCases | None:
    """Return the members that fit the hole.

    None if the hole is in no ``case``, if the subject is not a plain dotted name, or if it is no enumeration.
    """
    before = question.source.text[: question.offset]
    statement = _statement_of(before)
    if statement is None:
        return None
    dotted = _DOTTED.search(before)
    if dotted is not None:
        return _members(_asked(project, question.source.path, statement, dotted[0]))
    return _subject(_asked(project, question.source.path, statement, f"{statement.subject}."))


def _members(filled: FilledHole) -> MatchCases | None:
    """The members behind the dot of an enumeration: ``case Color.‸``."""
    classes = list(_values(filled))
    if not classes or not all(each.is_class() and is_enumeration(each) for each in classes):
        return None
    members = {name for each in classes for name in _members_of(each)}
    return MatchCases("", tuple(sorted(members)), all(_holds_only_members(each) for each in classes))


def _subject(filled: FilledHole) -> MatchCases | None:
    """The members of the subject's class at the beginning of a pattern: ``case ‸``.

    None if the class has no name in scope by which a pattern could write them.
    """
    values = list(_values(filled))
    if len(values) != 1 or not values[0].is_instance() or not is_enumeration(values[0].py__class__()):
        return None
    cls = values[0].py__class__()
    names = visible_names(filled.context, filled.position)
    name = next((each.string_name for each in names if _stands_for(each, cls)), None)
    return (
        None if name is None else MatchCases(f"{name}.", tuple(sorted(_members_of(cls))), is_complete=False)
    )


def _statement_of(before: str) -> _Match | None:
    """The ``match`` statement whose ``case`` the last line of ``before`` begins; None without one."""
    *above, line = before.split("\n")
    case = _CASE.match(line)
    if case is None:
        return None
    for index in range(len(above) - 1, -1, -1):
        text = above[index]
        if text.strip() and len(text) - len(text.lstrip()) < len(case["margin"]):
            found = _MATCH.match(text)
            head = "".join(f"{each}\n" for each in above[:index])
            return _Match(head, found["margin"], found["subject"]) if found else None
    return None


def _asked(project: JediProject, path: str | None, statement: _Match, expression: str) -> FilledHole:
    """Fill the hole in the file up to the ``match``, followed by ``expression`` in its place.

    parso has no grammar for ``match``, so the pattern is asked about as an expression.
    """
    text = f"{statement.before}{statement.margin}{expression}"
    return project.fill(Source(path, f"{text}\n"), len(text))


def _values(filled: FilledHole) -> Any:
    """All values of the receiver before the hole's dot; none if they are not known for certain."""
    receiver = receiver_of(filled.leaf)
    return (ValueInference().chain(filled.context, receiver) if receiver else None) or ()


def _stands_for(name: Any, cls: Any) -> bool:
    if name.string_name != cls.py__name__():
        return False
    return any(getattr(value, "tree_node", None) is cls.tree_node for value in name.infer())


def _members_of(cls: Any) -> set[str]:
    """The names that the body of the class assigns, private ones too."""
    node = cls.tree_node
    return {
        text
        for text in defined_names(node)
        if any(each.get_definition().type == "expr_stmt" for each in class_bindings(node, text))
    }


def _holds_only_members(cls: Any) -> bool:
    """True if no other attribute of the class can be a pattern: it nests no class, and sets none by name."""
    return dynamic_reason(cls) is None and not any(True for _ in cls.tree_node.iter_classdefs())
