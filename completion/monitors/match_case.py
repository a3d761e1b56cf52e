"""The match-case monitor: behind ``case`` stands a member of the enumeration that is matched.

Source: Agrawal et al. 2023, the property "enumeration in ``switch``".
"""

from collections.abc import Iterator

from holesmith.analysis.answers import MatchCases
from holesmith.analysis.questions import MatchCaseQuestion, Source
from holesmith.completion.monitors.monitor import PENALTY, AnyAnswer, Choices, Monitor
from holesmith.completion.monitors.statement import MEMBER_SIGNS, NewCharacter, Statement, Trigger


class MatchCaseMonitor(Monitor):
    """Fires at a pattern and behind its dot: ``case Color.‸``."""

    kind = "pattern"
    asks_ahead = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python":
            return
        if new.text in MEMBER_SIGNS:
            _, hole = statement.look(new.through)
            is_empty = hole.kind == "attribute" and hole.word.start == hole.word.stop
            if is_empty and statement.is_in_case(new.through):
                yield Trigger("pattern", len(new.through), len(new.through))
        elif new.begins_word and statement.is_pattern_place(new):
            _, hole = statement.look(new.written)
            if hole.kind not in ("string", "attribute"):
                yield Trigger("pattern", new.offset, new.offset + 1)

    def question(self, source: Source, offset: int, word: str) -> MatchCaseQuestion:
        """See `Monitor`."""
        return MatchCaseQuestion(source, offset)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: behind the dot of an enumeration its members, if it has nothing else.

        For a value of an enumeration, its members are likely.
        """
        if not isinstance(answer, MatchCases):
            return None
        if not answer.prefix:
            return Choices(frozenset(answer.members)) if answer.is_complete and answer.members else None
        texts = tuple(f"{answer.prefix}{name}" for name in answer.members)
        return Choices(frozenset(("_", "None")), texts, is_exclusive=False, penalty=PENALTY)
