"""What can be wrong outside this package when an evaluation is read, run or compared."""

from holesmith.engine.errors import EngineError


class EvaluationError(EngineError):
    """A data set, a run folder or an option is not as evaluation needs it; the message names the place."""


class MalformedRowError(EvaluationError):
    """A file of a data set exists, but one of its rows can't be read."""

    def __init__(self, file: object, row: int, reason: str) -> None:
        super().__init__(f"{file}, row {row}: {reason}")
