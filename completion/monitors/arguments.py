"""The monitors of a call: the callee has the keywords, and takes as many arguments.

Source: Agrawal et al. 2023, the property "number of arguments".
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from string import ascii_letters

from holesmith.analysis.answers import Call, Signature
from holesmith.analysis.questions import CallQuestion, Source
from holesmith.completion.monitors.argument_place import ArgumentPlace, argument_place
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.local_names import LocalNames
from holesmith.completion.monitors.monitor import PENALTY, AnyAnswer, Choices, Monitor, Settled
from holesmith.completion.monitors.statement import (
    NewCharacter,
    Statement,
    Trigger,
    is_called_value,
    word_at,
    word_start,
)

_ARGUMENT_BEGINNINGS = tuple("\"'([{-+~*.0123456789" + ascii_letters + "_")
"""The first characters of an argument. ASCII only: this mask is used only for a call that the model left
empty.
"""

_NO_ARGUMENT = " \t\n)*#\\"
_CALLEE = re.compile(r"(?<![\w.])([\w.]++)\($")


class _CallMonitor(Monitor):
    """A monitor that asks what the callee takes."""

    def question(self, source: Source, offset: int, word: str) -> CallQuestion:
        """See `Monitor`."""
        return CallQuestion(source, offset, only_complete=True)


class _PlacedMonitor(_CallMonitor):
    """A monitor that judges an argument by its place. It asks once, behind the bracket."""

    shares_questions_of = "keyword"

    def asked_text(self, trigger: Trigger, document: Document, healed_prefix: str, generated: str) -> str:
        """See `Monitor`."""
        return (document.before + generated)[: len(document.before) + _placed(trigger).inside]


class KeywordMonitor(_CallMonitor):
    """Fires at the word before a single ``=`` in the arguments of a call: ``open(path, ‸mode=``."""

    kind = "keyword"

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if new.before != "=" or new.text == "=" or new.offset == 0 or statement.language != "python":
            return
        generated, offset = new.generated, new.offset - 1
        start = word_start(generated, offset)
        if start >= offset or not generated[start].isidentifier():
            return
        _, hole = statement.look(generated[:start])
        is_name = hole.kind == "argument" and hole.operator is None and hole.keyword is None
        if is_name and generated[start - 1 : start] != "." and generated[offset - 1] not in "=!<>":
            yield Trigger("keyword", start, offset + 2)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: "yes" if the same callee gets this keyword elsewhere in the document."""
        callee = _CALLEE.search(statement + generated[: trigger.start])
        is_used = callee is not None and names.has_keyword(callee[1], word_at(generated, trigger.start))
        return "yes" if is_used else "ask"

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`. A wrong keyword may have to become another one, or an argument without a keyword."""
        if not isinstance(answer, Call) or not answer.is_complete:
            return None
        return Choices(frozenset(), _named(answer.free_keywords), is_exclusive=False, penalty=PENALTY)


class ArgumentMonitor(_PlacedMonitor):
    """Fires at the first character of an argument whose call takes no more arguments: ``len(items, ‸0)``."""

    kind = "argument"
    takes_word_back = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or new.text in _NO_ARGUMENT:
            return
        place = _place(statement, new.written, ("(", ","))
        if place is not None:
            yield Trigger("argument", new.offset, new.offset + 1, place=place)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: "yes" if the callee gets as many arguments elsewhere, or is a builtin of Python."""
        place = _placed(trigger)
        is_seen = names.takes(place.callee, place.positional)
        return "yes" if is_seen or names.is_builtin(place.callee) else "ask"

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: the texts that may begin an argument in a call that takes no more without a name."""
        if not isinstance(answer, Call):
            return None
        positional_max = _positional_max(answer)
        if positional_max is None or _placed(trigger).positional < positional_max:
            return None
        free = [each.name for each in answer.signatures[0].parameters if each.kind == "keyword_only"]
        return Choices(frozenset(), (")", "*", *_named(free), *(f"{name} =" for name in free)))

    def approves(self, trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
        """See `Monitor`."""
        return isinstance(answer, Call) and _positional_max(answer) is not None

    def replacement(
        self, trigger: Trigger, choices: Choices, generated: str, refused: frozenset[str]
    ) -> tuple[int, Choices]:
        """See `Monitor`. The comma before the argument was the mistake, if it was generated."""
        comma = _placed(trigger).comma
        if comma is None or comma < 0:
            return trigger.start, choices
        blank = generated[comma : trigger.start]
        texts = (")", *(f"{blank}{text}" for text in choices.texts if text.endswith("=")))
        return comma, replace(choices, texts=texts)


class EmptyCallMonitor(_PlacedMonitor):
    """Fires at the bracket that closes a call without arguments: ``open(‸)``."""

    kind = "empty"

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if statement.language != "python" or new.text != ")":
            return
        place = _place(statement, new.written, ("(",))
        if place is not None:
            yield Trigger("empty", max(place.inside, 0), new.offset + 1, place=place)

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: "yes" if the callee is called without arguments elsewhere, or is a builtin of
        Python.
        """
        callee = _placed(trigger).callee
        return "yes" if names.takes_none(callee) or names.is_builtin(callee) else "ask"

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`: the first characters of an argument; None if the callee may need no argument."""
        if not isinstance(answer, Call) or not _is_certain(answer):
            return None
        parameters = answer.signatures[0].parameters
        is_needed = any(each.default is None and not each.kind.startswith("var_") for each in parameters)
        return Choices(frozenset(), _ARGUMENT_BEGINNINGS) if is_needed else None

    def approves(self, trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
        """See `Monitor`."""
        return isinstance(answer, Call) and _is_certain(answer)

    def completing_text(self, statement: str, after: str) -> str:
        """See `Monitor`: the closing bracket that the document has already."""
        is_open = statement.rstrip().endswith("(")
        return ")" if is_open and after.lstrip().startswith(")") else ""


def _place(statement: Statement, generated: str, behind: tuple[str, ...]) -> ArgumentPlace | None:
    """Return the place of the argument that may begin behind one of the characters ``behind``; None if none
    may.

    The offsets are in the generated text, negative if they lie before it.
    """
    if (generated.rstrip() or statement.text.rstrip())[-1:] not in behind:
        return None
    excerpt, hole = statement.look(generated)
    place = argument_place(excerpt) if hole.kind == "argument" else None
    if place is None or not is_called_value(excerpt):
        return None
    skipped = len(statement.text)
    comma = None if place.comma is None else place.comma - skipped
    return replace(place, inside=place.inside - skipped, comma=comma)


def _placed(trigger: Trigger) -> ArgumentPlace:
    assert trigger.place is not None
    return trigger.place


def _positional_max(answer: Call) -> int | None:
    """Return the number of arguments without a name that the callee takes.

    None for any number, and if the number is not certain: the callee is not known, or has several signatures.
    """
    return _positional_of(answer.signatures[0]) if _is_certain(answer) else None


def _is_certain(answer: Call) -> bool:
    """True if the callee is known and has one signature."""
    return answer.is_complete and len(answer.signatures) == 1


def _positional_of(signature: Signature) -> int | None:
    kinds = [each.kind for each in signature.parameters]
    if "var_positional" in kinds:
        return None
    return sum(kind in ("positional_only", "positional_or_keyword") for kind in kinds)


def _named(keywords: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{name}=" for name in keywords)
