"""What an answer of analysis demands of the text at the trigger that it was asked for."""

from holesmith.analysis.answers import Call, Importables, Roles
from holesmith.completion.monitors.choices import (
    AnyAnswer,
    Choices,
    arguments_of,
    choices_of,
    exceptions_of,
    instances_of,
    is_certain,
    is_instantiable,
    room_of,
    some_argument,
)
from holesmith.completion.monitors.triggers import Trigger


def demanded(trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
    """What may stand there; None where that is not certain. ``word`` is the name written there."""
    match answer:
        case Roles() if trigger.kind == "exception":
            return exceptions_of(answer)
        case Roles():
            return instances_of(answer, word)
        case Importables() if trigger.kind == "list":
            return None
        case Call() if trigger.kind == "empty":
            return some_argument(answer) if is_certain(answer) else None
        case Call() if trigger.place is not None:
            room = room_of(answer)
            is_full = room is not None and trigger.place.positional >= room
            return arguments_of(answer) if is_full else None
        case _:
            return choices_of(answer)


def is_approved(trigger: Trigger, answer: AnyAnswer, word: str) -> bool:
    """Whether an answer that demands nothing does so because the text is right."""
    match answer:
        case Roles() if trigger.kind == "instance":
            return is_instantiable(answer, word)
        case Call() if trigger.place is not None:
            return is_certain(answer) if trigger.kind == "empty" else room_of(answer) is not None
        case _:
            return False
