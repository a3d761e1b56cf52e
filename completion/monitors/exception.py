"""The exception monitor: behind ``raise`` and ``except`` stands an exception, or
something that leads to one.
"""

import re
from collections.abc import Iterator

from holesmith.analysis.answers import ClassifiedName, NameKinds
from holesmith.analysis.questions import NameKindsQuestion, Source
from holesmith.completion.monitors.local_names import ALWAYS_DEFINED, EXCEPTIONS, LocalNames
from holesmith.completion.monitors.monitor import AnyAnswer, Choices, Monitor, Settled
from holesmith.completion.monitors.statement import NewCharacter, Statement, Trigger, is_whole, word_at

# Possessive quantifiers give nothing back: the time is proportional to the length of the text, for any text.
_RAISED = re.compile(
    r"(?:^|[\n;:])[ \t]*+(?:except[ \t]*+\*?(?:[ \t]*+\((?:[\w.\s]++,)*+)?|raise\b)\s*+[\w.]*+$"
)
"""The text behind which an exception class, or a name that leads to one, must stand:
a name, perhaps dotted.
"""


class ExceptionMonitor(Monitor):
    """Fires at a word behind ``raise`` or ``except``: ``except ‸ValueError``."""

    kind = "exception"
    asks_about_word = True
    takes_word_back = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or not new.begins_word:
            return
        _, hole = statement.look(new.written)
        if hole.kind != "string" and _RAISED.search(statement.text + new.written):
            yield Trigger("exception", new.offset, new.offset + 1)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: "yes" if the word is one of Python's own exceptions."""
        if not is_whole(generated, trigger.start):
            return "wait"
        return "yes" if word_at(generated, trigger.start) in EXCEPTIONS else "ask"

    def question(self, source: Source, offset: int, word: str) -> NameKindsQuestion:
        """See `Monitor`."""
        return NameKindsQuestion(source, offset, (word,))

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: any name but those that certainly stand for something else.

        A class that is no exception may still hold one, and a function may return one.
        """
        if not isinstance(answer, NameKinds) or not answer.is_complete:
            return None
        names = frozenset(named.name for named in answer.names if named.kind in ("exception", "unknown"))
        texts = tuple(text for named in answer.names for text in _ways_on(named))
        return Choices(names | ALWAYS_DEFINED, texts, is_exclusive=False)


def _ways_on(named: ClassifiedName) -> tuple[str, ...]:
    """Return the texts that may follow a name that is no exception itself, the name included."""
    match named.kind:
        case "class" | "abstract":
            return (f"{named.name}.",)
        case "function":
            return (f"{named.name}.", f"{named.name}(")
        case _:
            return ()
