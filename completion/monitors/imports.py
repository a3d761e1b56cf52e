"""The import monitors: an imported name exists, and is preferably one that the file misses.

A file misses the names that it uses and binds nowhere. Of 571 import statements taken out of six packages, 87
% listed exactly the missing names that their module has; 3 % listed others; for the rest there were none, or
the module was not found. So this is a preference and never a mask.
"""

import re
from collections.abc import Iterable, Iterator

from holesmith.analysis.answers import ImportableNames
from holesmith.analysis.questions import ImportableNamesQuestion, Source
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.import_list import (
    is_before_list,
    is_behind_name,
    is_name_place,
    list_begin,
)
from holesmith.completion.monitors.local_names import LocalNames
from holesmith.completion.monitors.monitor import PENALTY, AnyAnswer, Choices, Monitor
from holesmith.completion.monitors.statement import NewCharacter, Statement, Trigger, binds

_WORD = re.compile(r"\w+")

WIDTH_MIN = 88
WIDTH_MAX = 120
"""Bounds, in characters, of a formatter's line width, which the longest line of a file shows otherwise."""

NAME_PENALTY = 30.0
"""Logits taken from a name that the file does not use, if the module offers one that the file misses.

The penalty is nearly as strong as a mask: a model that would rather write another name gives in at the first
token, and must not break out in the middle of a name.

Of 3,420 names in imports of four packages all but 6 are used in their file and bound by nothing else in it.
"""

LIST_PENALTY = 8.0
"""Logits taken from a list in another order, in a needless bracket, or that ends too early or too late; and
from a module other than one that has a name that the file misses.

A model that is sure of its text still has its way.
"""


class _ImportsMonitor(Monitor):
    """A monitor of imports: the names of a module are asked for once a statement."""

    def asked_text(self, trigger: Trigger, document: Document, healed_prefix: str, generated: str) -> str:
        """See `Monitor`."""
        text = document.before + generated[: trigger.start]
        return text[: list_begin(text)]

    def question(self, source: Source, offset: int, word: str) -> ImportableNamesQuestion:
        """See `Monitor`."""
        return ImportableNamesQuestion(source, offset)

    def is_missing(self, answer: AnyAnswer, word: str) -> bool:
        """See `Monitor`."""
        return isinstance(answer, ImportableNames) and word in answer.missing


class ImportMonitor(_ImportsMonitor):
    """Fires at a name in an import, and at a bracket around the names: ``from shop import ‸Cart``."""

    kind = "import"
    asks_ahead = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python":
            return
        if new.begins_word:
            excerpt, hole = statement.look(new.written)
            is_name = hole.kind == "import" and is_name_place(excerpt) and not binds(excerpt)
        else:  # a bracket around the names, which may fit on the line without one
            is_name = new.text == "(" and is_before_list(statement.text + new.written)
        if is_name and not statement.is_conditional(new.written):
            yield Trigger("import", new.offset, new.offset + 1)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`."""
        if not isinstance(answer, ImportableNames) or not (answer.is_complete or answer.is_likely_complete):
            return None
        names = frozenset(member.name for member in answer.members)
        return Choices(names, is_exclusive=False, penalty=None if answer.is_complete else PENALTY)

    def preferred(
        self, trigger: Trigger, answer: AnyAnswer, generated: str, names: LocalNames
    ) -> tuple[Choices, ...]:
        """See `Monitor`."""
        if not isinstance(answer, ImportableNames):
            return ()
        return _missing_names(answer, *_listed(trigger, generated, names))


class ImportListMonitor(_ImportsMonitor):
    """Fires at the comma behind a name of an import, or at the end of its line: ``import Cart‸,``."""

    kind = "list"
    shares_questions_of = "import"

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or new.text not in ",\r\n":
            return
        if is_behind_name(statement.text + new.written) and not statement.is_conditional(new.written):
            yield Trigger("list", new.offset, new.offset + 1)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: None, because a list may go on or end anywhere."""
        return None

    def preferred(
        self, trigger: Trigger, answer: AnyAnswer, generated: str, names: LocalNames
    ) -> tuple[Choices, ...]:
        """See `Monitor`."""
        if not isinstance(answer, ImportableNames) or names.after[:1] not in ("", "\r", "\n"):
            return ()
        return _list_continuation(answer, *_listed(trigger, generated, names))

    def completing_text(self, statement: str, after: str) -> str:
        """See `Monitor`: the end of the line."""
        return "\n" if is_behind_name(statement) and after.startswith(("\n", "\r")) else ""


def _listed(trigger: Trigger, generated: str, names: LocalNames) -> tuple[list[str], int]:
    """Return the names that the statement lists before the trigger, and the characters left on its line."""
    text = names.before + generated[: trigger.start]
    column = len(text.rpartition("\n")[2])
    return _WORD.findall(text[list_begin(text) :]), line_width(names.before + names.after) - column


def line_width(text: str) -> int:
    """Return the width of the file's lines in characters, estimated by its longest line."""
    longest = max((len(line) for line in text.split("\n")), default=0)
    return min(max(longest, WIDTH_MIN), WIDTH_MAX)


def _missing_names(answer: ImportableNames, listed: Iterable[str], room: int) -> tuple[Choices, ...]:
    """Return preferences for the name that a statement probably imports next, the strongest last.

    Empty if that can't be told. If all missing names fit into ``room`` characters, a bracket is discouraged.
    """
    names = frozenset(answer.missing).difference(listed)
    if not names:
        return ()
    first = frozenset((min(names, key=_rank),))
    is_short = _width(names) <= room
    return (
        Choices(first, is_exclusive=is_short, penalty=LIST_PENALTY),
        Choices(names, is_exclusive=False, penalty=NAME_PENALTY),
    )


def _list_continuation(answer: ImportableNames, listed: Iterable[str], room: int) -> tuple[Choices, ...]:
    """Return the preference for the text behind a name of a list.

    That is a comma as long as names are missing and fit into ``room`` characters, then the end of the line.
    Empty if it can't be told which names are missing.
    """
    names = frozenset(answer.missing).difference(listed)
    if not answer.missing or _width(names) > room or not (names or answer.is_complete):
        return ()
    texts = (",",) if names else ("\n", "\r", " #", "  #")
    return (Choices(frozenset(), texts, penalty=LIST_PENALTY),)


def _rank(name: str) -> tuple[int, str]:
    """Return the key by which tools sort names: constants, classes, others. All of 230 true lists had that
    order.
    """
    is_constant = name.isupper() and len(name) > 1
    return 0 if is_constant else 1 if name.lstrip("_")[:1].isupper() else 2, name.lower()


def _width(names: Iterable[str]) -> int:
    return sum(len(name) + len(", ") for name in names)
