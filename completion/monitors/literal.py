"""The literal monitor: a string is one of the few values that the expected type allows."""

import re
from collections.abc import Iterable, Iterator

from holesmith.analysis.answers import Expected
from holesmith.analysis.questions import ExpectedTypeQuestion, Source
from holesmith.analysis.syntax.hole import HoleKind
from holesmith.completion.monitors.local_names import LocalNames
from holesmith.completion.monitors.monitor import AnyAnswer, Choices, Monitor, Settled
from holesmith.completion.monitors.statement import NewCharacter, Statement, Trigger

_EXPECTING = frozenset[HoleKind](("argument", "condition", "return", "right_hand_side", "subscript"))
_LITERAL = re.compile(r"""(["'])([^"'\\]*)\1""")
_VALUE = re.compile(r"""["'][\w .:/+-]{1,32}["']""")
_NOT_BEFORE_LITERAL = tuple("\"'\\")


class LiteralMonitor(Monitor):
    """Fires at a string that begins where a value is expected, alone or compared with one: ``mode="‸r"``."""

    kind = "literal"

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if new.text not in "\"'" or new.before.isidentifier() or new.before in _NOT_BEFORE_LITERAL:
            return
        excerpt, hole = statement.look(new.written)
        if statement.language != "python" or hole.kind not in _EXPECTING:
            return
        if hole.operator is not None and hole.operator not in excerpt.rules.equalities:
            return
        if hole.kind == "condition" and hole.operator is None:
            return
        target = hole.subject.of(excerpt.prefix) if hole.subject is not None else ""
        if hole.kind == "right_hand_side" and not (":" in target or "." in target):
            return  # the value assigned to a plain name may be anything
        yield Trigger("literal", new.offset, new.offset + 1)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: only a short string of plain characters can be one of a few values that fit."""
        start = trigger.start
        quote, rest = generated[start : start + 1], generated[start + 1 :]
        line = rest.partition("\n")[0]
        if quote in line:
            return "ask" if _VALUE.match(generated, start) else "yes"
        return "wait" if line == rest else "yes"

    def question(self, source: Source, offset: int, word: str) -> ExpectedTypeQuestion:
        """See `Monitor`."""
        return ExpectedTypeQuestion(source, offset)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`."""
        if not isinstance(answer, Expected) or answer.expected is None:
            return None
        return _strings_of(answer.expected.literals)


def _strings_of(literals: Iterable[str]) -> Choices | None:
    """Return the strings among the only values that fit, in either kind of quotes; None if there is none."""
    found = [_LITERAL.fullmatch(literal) for literal in literals]
    values = [match[2] for match in found if match is not None]
    texts = tuple(f"{quote}{value}{quote}" for value in values for quote in "\"'")
    return Choices(frozenset(), texts) if texts else None
