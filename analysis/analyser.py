"""The interface of a static analyser."""

from typing import Protocol

from holesmith.analysis.deadline import Deadline
from holesmith.analysis.questions import A, Question


class Analyser(Protocol):
    """An analyser of one project. The worker's main thread asks it one question at a time."""

    def answer(self, question: Question[A], deadline: Deadline) -> A | None:
        """Return the answer, or None if this analyser has none.

        The method may raise any exception on strange code, and the exception ``Overdue`` may interrupt it at
        any point: state that is kept between questions must stay valid then.
        """
        ...
