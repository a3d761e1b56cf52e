"""The call around the hole: its signatures, the parameter that the hole stands for, and the keywords
still free.
"""

from holesmith.analysis.answers import Call
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.lookup.call_sites import callee_of, position_at, used_keywords
from holesmith.analysis.python.lookup.callables import call_of
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import CallQuestion


def call_at(project: JediProject, question: CallQuestion, deadline: Deadline) -> Call | None:
    """None if the hole is not in the arguments of a call."""
    filled = project.fill(question.source, question.offset)
    found = callee_of(filled.leaf)
    if found is None:
        return None
    callee, arguments = found
    index = position_at(arguments, filled.leaf)
    used = used_keywords(arguments, filled.leaf)
    return call_of(filled.context, callee, index, used, allow_incomplete=not question.only_complete)
