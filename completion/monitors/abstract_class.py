"""The abstract-class monitor: a class that is called can be instantiated.

Source: Agrawal et al. 2023, the property "instantiation".
"""

from collections.abc import Iterator

from holesmith.analysis.answers import NameKinds
from holesmith.analysis.questions import NameKindsQuestion, Source
from holesmith.completion.monitors.local_names import ALWAYS_DEFINED
from holesmith.completion.monitors.monitor import PENALTY, AnyAnswer, Choices, Monitor
from holesmith.completion.monitors.statement import (
    NewCharacter,
    Statement,
    Trigger,
    binds,
    is_called_value,
    word_start,
)

_VALUES = ("argument", "element", "interpolation", "return", "right_hand_side", "statement")


class AbstractClassMonitor(Monitor):
    """Fires at the bracket behind the name of a class, recognised by its spelling: ``Shape(``."""

    kind = "instance"
    asks_about_word = True
    takes_word_back = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or new.text != "(":
            return
        start = word_start(new.generated, new.offset)
        word = new.generated[start : new.offset].lstrip("_")
        if not word[:1].isupper() or not word[1:2].islower():
            return
        excerpt, hole = statement.look(new.generated[:start])
        is_value = hole.kind in _VALUES or (hole.kind == "attribute" and is_called_value(excerpt))
        if is_value and not binds(excerpt):
            yield Trigger("instance", start, new.offset + 1)

    def question(self, source: Source, offset: int, word: str) -> NameKindsQuestion:
        """See `Monitor`."""
        return NameKindsQuestion(source, offset, (word,))

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: anything but a class that cannot be instantiated; None if
        ``word`` is no such class.
        """
        if not isinstance(answer, NameKinds):
            return None
        if not any(named.name == word and named.kind == "abstract" for named in answer.names):
            return None
        abstract = frozenset(named.name for named in answer.names if named.kind == "abstract")
        names = frozenset(named.name for named in answer.names) - abstract
        texts = tuple(f"{name}{following}" for name in sorted(abstract) for following in ".[")
        return Choices(names | ALWAYS_DEFINED, texts, is_exclusive=False, penalty=PENALTY)

    def approves(self, trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
        """See `Monitor`: True if ``word`` certainly is something that can be called, by its kind."""
        return isinstance(answer, NameKinds) and any(
            named.name == word and named.kind in ("exception", "class", "function") for named in answer.names
        )
