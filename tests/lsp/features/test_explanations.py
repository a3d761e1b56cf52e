"""Which request is explained: the last suggestion, not whatever came to nothing after it."""

from holesmith.completion.answer import Answer, Completion
from holesmith.lsp.features.explanations import Explanation, Explanations
from lsprotocol import types

SHOWN = Answer(Completion("f()", 0, 0, 0.5), "shown", "m", "cancelled")
WITHHELD = Answer(None, "the model is not sure enough: 0.05 of 0.15", "m", "stop")
TAKEN_AWAY = Answer(None, "text was just taken away", "m")
OTHER = "file:///other.py"
URI = "file:///a.py"


def remembered(*answers: tuple[str, Answer]) -> Explanations:
    explanations = Explanations()
    for uri, answer in answers:
        explanations.remember(Explanation(uri, types.Position(0, 0), answer))
    return explanations


def explained(explanations: Explanations, uri: str | None = None) -> tuple[Answer, str] | None:
    last = explanations.last_suggestion(uri)
    return None if last is None else (last.explanation.answer, last.newer)


def test_the_last_suggestion_is_explained_with_what_came_to_nothing_since() -> None:
    explanations = remembered((URI, WITHHELD), (URI, SHOWN), (URI, TAKEN_AWAY))
    assert explained(explanations) == (SHOWN, TAKEN_AWAY.reason)
    assert explained(explanations, URI) == (SHOWN, TAKEN_AWAY.reason)


def test_a_withheld_suggestion_is_one_too() -> None:
    assert explained(remembered((URI, SHOWN), (URI, WITHHELD))) == (WITHHELD, "")


def test_a_document_that_had_none_says_why() -> None:
    assert explained(remembered((URI, SHOWN), (OTHER, TAKEN_AWAY)), OTHER) == (TAKEN_AWAY, "")


def test_without_a_document_it_is_the_last_one_that_had_a_suggestion() -> None:
    assert explained(remembered((URI, SHOWN), (OTHER, TAKEN_AWAY))) == (SHOWN, "")
    assert explained(remembered((OTHER, TAKEN_AWAY))) == (TAKEN_AWAY, "")


def test_of_a_document_that_nothing_was_asked_of_the_last_suggestion_of_all_is_explained() -> None:
    assert explained(remembered((URI, SHOWN), (URI, TAKEN_AWAY)), OTHER) == (SHOWN, TAKEN_AWAY.reason)


def test_nothing_was_asked() -> None:
    assert explained(Explanations()) is None
    assert explained(Explanations(), URI) is None


def test_the_last_answer_is_still_told_to_programs() -> None:
    last = remembered((URI, SHOWN), (URI, TAKEN_AWAY)).last()
    assert last is not None
    assert last.answer is TAKEN_AWAY
