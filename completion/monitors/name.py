"""The name monitor: a bare name is in scope.

At ``return ‸`` it asks for the names in scope; ``return total`` is refused if ``total`` is none of them.
"""

import re
from collections.abc import Iterator

from holesmith.analysis.answers import ScopeNames
from holesmith.analysis.questions import ScopeQuestion, Source
from holesmith.analysis.syntax.hole import HoleKind
from holesmith.completion.monitors.local_names import ALWAYS_DEFINED, LocalNames
from holesmith.completion.monitors.monitor import (
    AnyAnswer,
    Choices,
    Document,
    Monitor,
    Settled,
    settled_by_word,
)
from holesmith.completion.monitors.statement import (
    NewCharacter,
    Statement,
    Trigger,
    Use,
    binds,
    is_whole,
    word_at,
)

_USES: tuple[tuple[Use, tuple[HoleKind, ...]], ...] = (
    ("certain", ("annotation", "decorator", "exception", "iteration", "return", "right_hand_side", "with")),
    ("bracketed", ("argument", "base", "element", "interpolation", "subscript")),
    ("tested", ("condition",)),
    ("possible", ("statement",)),
)
_USE_IN: dict[HoleKind, Use] = {kind: use for use, kinds in _USES for kind in kinds}
_WORD = re.compile(r"\w*")
_STRING_OPENINGS = tuple(
    prefix + quote
    for prefix in ("f", "r", "b", "u", "rb", "br", "fr", "rf", "F", "R", "B", "Rb", "bR", "BR")
    for quote in "\"'"
)


class NameMonitor(Monitor):
    """Fires at a word that may be the use of a name: ``return ‸total``."""

    kind = "name"
    avoids_special_names = True
    trusts_document = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or not new.begins_word:
            return
        excerpt, hole = statement.look(new.written)
        use = _USE_IN.get(hole.kind)
        if use is not None and not binds(excerpt) and not statement.is_pattern_place(new):
            yield Trigger("name", new.offset, new.offset + 1, use)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: "yes" if the document or the earlier generated text has the name."""
        if is_whole(generated, trigger.start) and _is_mentioned(trigger.start, generated):
            return "yes"
        return settled_by_word(trigger.start, generated, names.names)

    def asked_text(self, trigger: Trigger, document: Document, healed_prefix: str, generated: str) -> str:
        """See `Monitor`. Names are asked for once a line: the names that generated text adds within it are
        known.

        The text goes up to the first word of the trigger's line, whose indentation says in which scope the
        line is. On a line that was begun before the cursor, the scope is known at the cursor.
        """
        line = generated.rfind("\n", 0, trigger.start) + 1
        begun = document.before[document.before.rfind("\n") + 1 :]
        if line == 0 and begun.strip():
            return document.before + healed_prefix
        return document.before + generated[: len(generated) - len(generated[line:].lstrip(" \t"))]

    def question(self, source: Source, offset: int, word: str) -> ScopeQuestion:
        """See `Monitor`."""
        return ScopeQuestion(source, offset)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`."""
        if not isinstance(answer, ScopeNames) or not answer.is_complete:
            return None
        known = frozenset(name.name for name in answer.names)
        return Choices(known | ALWAYS_DEFINED, _STRING_OPENINGS, is_exclusive=False)


def _is_mentioned(start: int, generated: str) -> bool:
    """True if the earlier generated text has the same word, which was judged or bound there."""
    return word_at(generated, start) in _WORD.findall(generated[:start])
