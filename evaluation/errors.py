"""Errors of the outside world when an evaluation is read, run or compared."""

from holesmith.engine.errors import EngineError

REASON_CHARACTERS_MAX = 300


class EvaluationError(EngineError):
    """A data set, a run folder or an option that evaluation can't use. The message names the place."""


class MalformedRowError(EvaluationError):
    """A file of a data set exists, but one of its rows can't be read."""

    def __init__(self, file: object, row: int, reason: str) -> None:
        super().__init__(f"{file}, row {row}: {_in_one_line(reason)}")


def _in_one_line(reason: str) -> str:
    """Shorten a reason and escape what is not printable: it may quote any value of the row."""
    shown = reason if len(reason) <= REASON_CHARACTERS_MAX else reason[:REASON_CHARACTERS_MAX] + "…"
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in shown
    )
