"""The tasks of a worker, wherever it runs: plain data both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.row import Row


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """Answer and score one case. The reply is its row."""

    named: Named
    case: Case


@dataclass(frozen=True, slots=True)
class OrderTask:
    """Sort cases so that neighbouring prompts share the most.

    The reply is the list of their indices in that order.
    """

    configuration: Configuration
    cases: Sequence[Case]


Task = AnswerTask | OrderTask
Reply = Row | list[int]
