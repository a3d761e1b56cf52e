"""The names that an import is for: those that its module has, and that the file uses and binds nowhere.

Of 571 import statements taken out of six packages, 87 % listed exactly these; 3 % listed others; for the rest
there were none, or the module was not found. So this is a preference and never a mask.
"""

from collections.abc import Iterable

from holesmith.analysis.answers import Importables
from holesmith.completion.monitors import Choices

LINE_WIDTH = 88
"""Up to which a formatter puts the names of an import on one line."""

NAME_PENALTY = 30.0
"""Of a name that the file does not use, where the module offers one that the file uses and does not have.

Nearly as much as a mask: a model that would rather write another name gives in at the first token, and must
not break out in the middle of one.

Of 3,420 names in imports of four packages all but 6 are used in their file and bound by nothing else in it.
"""

LIST_PENALTY = 8.0
"""Of a list that ends too early or too late. A model that is sure of it still has its way."""


def names_wanted(answer: Importables, listed: Iterable[str], column: int) -> Choices | None:
    """What a statement that lists some names already is probably for; None if that can't be told.

    No bracket is wanted where all names fit on the line behind ``column``.
    """
    names = frozenset(answer.missing).difference(listed)
    is_short = column + _width(names) <= LINE_WIDTH
    return Choices(names, is_exclusive=is_short, penalty=NAME_PENALTY) if names else None


def going_on(answer: Importables, listed: Iterable[str], column: int) -> Choices | None:
    """What follows a name of a list at ``column``: a comma as long as names are missing and the line has
    room for them, then the end of the line; None if it can't be told which names are missing.
    """
    names = frozenset(answer.missing).difference(listed)
    if names:
        is_short = column + _width(names) <= LINE_WIDTH
        return Choices(frozenset(), (",",), penalty=LIST_PENALTY) if is_short else None
    is_known = answer.is_complete and bool(answer.missing)
    return Choices(frozenset(), ("\n", "\r", " #", "  #"), penalty=LIST_PENALTY) if is_known else None


def _width(names: Iterable[str]) -> int:
    return sum(len(name) + len(", ") for name in names)
