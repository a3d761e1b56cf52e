"""What a worker can be asked, wherever it runs: plain data both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.row import Row


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """Answer and score one case: the reply is its row."""

    named: Named
    case: Case


@dataclass(frozen=True, slots=True)
class OrderTask:
    """Put cases into the order in which prompts share the most: the reply is their places in that order."""

    configuration: Configuration
    cases: Sequence[Case]


Task = AnswerTask | OrderTask
Reply = Row | list[int]
