"""What the server itself asks about a hole costs time in proportion to the text, whatever it is."""

import time

import pytest
from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.analysis.syntax.hole import hole_of
from holesmith.analysis.syntax.stops import stops_at

LANGUAGES = ("python", "csharp", "cpp", "typescript", "java", "go", "rust", "plaintext")
UNITS = (
    *("(", "[{", "{", "/[", "/a", "\n ", "\t\n", "a\n", '"\n', "f'{", "`${", '$@"{'),
    *("a.", "a?", "/*", "'", "\\\n", "@"),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("side", ["before", "behind"])
def test_time_grows_with_the_text_and_not_with_its_square(language: str, side: str) -> None:
    for unit in UNITS:
        text = unit * (60_000 // len(unit))
        prefix, suffix = (text, "") if side == "before" else ("", text)
        started = time.process_time()
        stops_at(language, prefix, suffix)
        hole_of(excerpt_at(language, prefix, suffix))
        assert time.process_time() - started < 4.0, unit


@pytest.mark.parametrize("unit", ["a+", "x = 1\n  "])
def test_a_text_without_an_end_is_looked_at_only_near_the_cursor(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    started = time.process_time()
    excerpt = excerpt_at("java", text, "")
    assert excerpt.is_cut
    assert hole_of(excerpt).kind
    assert time.process_time() - started < 2.0
