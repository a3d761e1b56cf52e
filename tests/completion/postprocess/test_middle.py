"""What the model wrote, how sure it was, and what is not shown because it was not sure."""

import math

import pytest
from holesmith.analysis.syntax.span import Span
from holesmith.completion.answer import Completion
from holesmith.completion.options import Options
from holesmith.completion.postprocess.filters import objection_to
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.request import Token

SPELLINGS = [
    b"se",
    b"self",
    b".total",
    b" = ",
    b"1",
    b"\n",
    b"    return",
    b"\n\nif",
    b'"""',
    b"Any",
    b"  # ",
]


def middle_of(healed_prefix: str, *tokens: tuple[bytes, float]) -> Middle:
    middle = Middle(healed_prefix, lambda token_id: SPELLINGS[token_id])
    for spelling, probability in tokens:
        middle.add(Token(SPELLINGS.index(spelling), math.log(probability)))
    return middle


def test_confidence_is_the_probability_of_the_first_line() -> None:
    middle = middle_of("", (b" = ", 0.5), (b"1", 0.5), (b"\n", 0.1), (b"    return", 0.1))
    assert middle.confidence(len(" = 1\n    return")) == pytest.approx(0.25)
    assert middle.confidence(len(" = 1")) == pytest.approx(0.25)
    assert middle.confidence(len(" = ")) == pytest.approx(0.5)
    assert middle.confidence(0) == 0.0


def test_a_line_that_is_blank_does_not_count_as_the_first() -> None:
    middle = middle_of("", (b"\n", 0.5), (b"    return", 0.5), (b"\n", 0.1), (b"1", 0.1))
    assert middle.confidence(len("\n    return\n1")) == pytest.approx(0.25)


def test_prose_says_nothing_where_there_is_code() -> None:
    tokens = ((b'"""', 0.9), (b"Any", 0.01), (b'"""', 0.9), (b"\n", 0.5), (b"    return", 0.5), (b"\n", 0.1))
    middle = middle_of("", *tokens)
    docstring = Span(0, 9)
    assert middle.confidence(len(middle.text), [docstring]) == pytest.approx(0.25)
    assert middle.confidence(9, [docstring]) == pytest.approx(0.9 * 0.01 * 0.9)
    note = middle_of("", (b"1", 0.5), (b"  # ", 0.01), (b"Any", 0.01), (b"\n", 0.1))
    assert note.confidence(len(note.text), [Span(3, 8)]) == pytest.approx(0.5)


def test_what_was_demanded_before_the_cursor_says_nothing() -> None:
    demanded = middle_of("self", (b"se", 0.001), (b"self", 0.001))
    assert not demanded.keeps_healed_prefix
    middle = middle_of("self", (b"self", 0.001), (b".total", 0.5))
    assert middle.text == ".total"
    assert middle.confidence(len(".total")) == pytest.approx(0.5)


def test_a_token_that_begins_before_the_cursor_counts_if_there_is_no_other() -> None:
    assert middle_of("se", (b"self", 0.3)).confidence(2) == pytest.approx(0.3)
    assert middle_of("se", (b"self", 0.3), (b".total", 0.5)).confidence(8) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "confidence", "invoked", "objection"),
    [
        ("total", 0.5, False, None),
        ("total", 0.05, False, "the model is not sure enough: 0.05 of 0.15"),
        ("total", 0.05, True, None),
        (")", 0.99, False, "only closing marks would be inserted"),
        ("\n}\n", 0.99, False, "only closing marks would be inserted"),
        ("):", 0.99, True, None),
        ("[]", 0.99, False, None),
        ("...", 0.99, False, None),
    ],
)
def test_what_is_not_worth_showing_while_typing(
    text: str, confidence: float, invoked: bool, objection: str | None
) -> None:
    snapshot = Snapshot("/a.py", "python", "x = ", 4, invoked=invoked)
    completion = Completion(text, 4, 4, confidence)
    assert objection_to(completion, snapshot, Options(confidence_min=0.15)) == objection
