"""Whether analysis has to be asked about a trigger: not where the document itself settles it, nor too early.

Invariant: what is settled here depends on the text alone, never on when something was asked or answered.
"""

import re
from typing import Literal

from holesmith.completion.monitors.local_names import EXCEPTIONS, Nearby, Words
from holesmith.completion.monitors.triggers import Trigger

Doubt = Literal["none", "later", "now"]
"""Whether a question is needed. "later": more text has to come before that can be told."""

_WORD = re.compile(r"\w*")
_RECEIVER = re.compile(r"(?<![\w.)\]}\"'])((?:[^\W\d]\w*\.)*[^\W\d]\w*)\.$")
_VALUE = re.compile(r"""["'][\w .:/+-]{1,32}["']""")
_NO_WORDS = Words(())
_CALLEE = re.compile(r"(?<![\w.])([\w.]++)\($")


def word_at(text: str, start: int) -> str:
    """The identifier, or the part of it that is written so far."""
    found = _WORD.match(text, start)
    return found[0] if found is not None else ""


def is_whole(text: str, start: int) -> bool:
    """Whether something is written behind the identifier at ``start``."""
    return start + len(word_at(text, start)) < len(text)


def doubt_of(trigger: Trigger, statement: str, generated: str, nearby: Nearby) -> Doubt:
    """``statement`` is the text before the generated text, as in `triggers.Surroundings`."""
    match trigger.kind:
        case "name":
            if is_whole(generated, trigger.start) and _is_mentioned(trigger.start, generated):
                return "none"
            return _doubt_of_word(trigger.start, generated, nearby.names)
        case "member":
            receiver = _RECEIVER.search(statement + generated[: trigger.start])
            known = nearby.members(receiver[1]) if receiver is not None else _NO_WORDS
            return _doubt_of_word(trigger.start, generated, known)
        case "exception":
            if not is_whole(generated, trigger.start):
                return "later"
            return "none" if word_at(generated, trigger.start) in EXCEPTIONS else "now"
        case "literal":
            return _doubt_of_literal(trigger.start, generated)
        case "keyword":
            return _doubt_of_keyword(trigger.start, statement, generated, nearby)
        case "argument" | "empty":
            return _doubt_of_arguments(trigger, nearby)
        case _:
            return "now"


def _doubt_of_arguments(trigger: Trigger, nearby: Nearby) -> Doubt:
    """Whether the callee may take so many, or none."""
    assert trigger.place is not None
    callee, positional = trigger.place.callee, trigger.place.positional
    is_seen = nearby.takes_none(callee) if trigger.kind == "empty" else nearby.takes(callee, positional)
    return "none" if is_seen or nearby.is_builtin(callee) else "now"


def _doubt_of_word(start: int, generated: str, known: Words) -> Doubt:
    word = word_at(generated, start)
    if is_whole(generated, start) and word:
        return "none" if word in known else "now"
    return "later" if known.has_beginning(word) else "now"


def _is_mentioned(start: int, generated: str) -> bool:
    """Whether the generated text has the same word before, which was judged there, or bound."""
    return word_at(generated, start) in _WORD.findall(generated[:start])


def _doubt_of_literal(start: int, generated: str) -> Doubt:
    """Only a short string of plain characters can be one of a few values that fit."""
    quote, rest = generated[start : start + 1], generated[start + 1 :]
    line = rest.partition("\n")[0]
    if quote in line:
        return "now" if _VALUE.match(generated, start) else "none"
    return "later" if line == rest else "none"


def _doubt_of_keyword(start: int, statement: str, generated: str, nearby: Nearby) -> Doubt:
    callee = _CALLEE.search(statement + generated[:start])
    is_used = callee is not None and nearby.has_keyword(callee[1], word_at(generated, start))
    return "none" if is_used else "now"
