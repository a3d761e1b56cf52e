"""The interface that every static analyser stands behind."""

from typing import Protocol

from holesmith.analysis.deadline import Deadline
from holesmith.analysis.questions import A, Question


class Analyser(Protocol):
    """Answers questions about one project, one at a time, in the worker's main thread."""

    def answer(self, question: Question[A], deadline: Deadline) -> A | None:
        """None if this analyser has no answer. May raise anything on strange code, and may be interrupted by
        ``Overdue`` at any point: state kept between questions must survive that."""
        ...
