"""Answer a question about the type that the hole should have, with the literals that fit if they are few.

For example:
    mode: Literal["r", "w"] = ‸    →  the type Literal["r", "w"]; only "r" and "w" fit
"""

import re
from typing import Any

from holesmith.analysis.answers import Expected, ExpectedType
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.dynamic_attributes import is_enumeration
from holesmith.analysis.python.lookup.expected_types import Expectation, expectation_at, type_names
from holesmith.analysis.python.parsing.jedi_internals import typed_dict_of
from holesmith.analysis.python.parsing.parso_nodes import subscripts_of
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import ExpectedTypeQuestion

# Literals that an answer lists at most.
LITERALS_MAX = 60


def expected_type_at(project: JediProject, question: ExpectedTypeQuestion, deadline: Deadline) -> Expected:
    """Return the expected type of the hole."""
    expectation = expectation_at(project.fill(question.source, question.offset))
    return Expected(None if expectation is None else plain(expectation))


def plain(expectation: Expectation) -> ExpectedType:
    """Turn an expectation, which refers to jedi's objects, into plain data."""
    return ExpectedType(
        expectation.text,
        type_names(expectation.text),
        expectation.origin,
        tuple(literals(expectation))[:LITERALS_MAX],
    )


def literals(expectation: Expectation) -> list[str]:
    """The literals that fit an expected type, as source text; empty if other values fit too.

    These are the members of an enumeration, the values of ``Literal``, the keys of a TypedDict, and the two
    values of ``bool``.
    """
    found: list[str] = []
    if (
        re.fullmatch(r"(?:\w+\.)?Literal\[.*\]", expectation.text, re.S)
        and expectation.annotation is not None
    ):
        nodes = subscripts_of(expectation.annotation.children[-1])
        return [node.get_code(include_prefix=False).strip() for node in nodes]
    if expectation.text == "bool":
        return ["True", "False"] if expectation.origin != "condition" else []
    for value in expectation.values or ():
        keys_of = typed_dict_of(value) if expectation.origin.startswith("key of") else None
        cls = keys_of or value.py__class__()
        if not cls.is_class():
            return []
        if keys_of is not None:
            found += [repr(name.string_name) for name in _fields(cls)]
        elif is_enumeration(cls):
            found += [f"{cls.py__name__()}.{name.string_name}" for name in _fields(cls)]
        else:
            return []
    return list(dict.fromkeys(found))


def _fields(cls: Any) -> list[Any]:
    """The public names that the body of the class assigns or annotates, in the order of the source."""
    names = [
        name
        for name in next(iter(cls.get_filters())).values()
        if getattr(name, "tree_name", None) is not None
    ]
    fields = [
        name for name in names if (found := name.tree_name.get_definition()) and found.type == "expr_stmt"
    ]
    return sorted(
        (name for name in fields if not name.string_name.startswith("_")), key=lambda name: name.start_pos
    )
