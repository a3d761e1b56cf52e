"""Answer a question about the call around the hole: signatures, current parameter, free keywords.

For example:
    def move(point, x, y=0): ...
    move(p, ‸)    →  parameter x of move; x and y may still be given by name
"""

from holesmith.analysis.answers import Call
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.call_sites import callee_of, position_at, used_keywords
from holesmith.analysis.python.lookup.callables import call_of
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import CallQuestion


def call_at(project: JediProject, question: CallQuestion, deadline: Deadline) -> Call | None:
    """Return the call around the hole; None if the hole is not in the arguments of a call."""
    filled = project.fill(question.source, question.offset)
    found = callee_of(filled.leaf)
    if found is None:
        return None
    callee, arguments = found
    index = position_at(arguments, filled.leaf)
    used = used_keywords(arguments, filled.leaf)
    return call_of(filled.context, callee, index, used, allow_incomplete=not question.only_complete)
