"""Text made to do harm has no symbols, instead of a query that takes minutes; code has them as ever."""

import time

import pytest
from holesmith.analysis.outline.symbols import function_bodies, mentions_of, symbols_of

DEFINITION = {
    "python": "def own(): pass\n",
    "java": "class own { }\n",
    "javascript": "function own() { }\n",
    "typescript": "function own() { }\n",
    "go": "func own() { }\n",
    "rust": "fn own() { }\n",
    "c": "int own() { return 1; }\n",
    "cpp": "int own() { return 1; }\n",
    "csharp": "class own { }\n",
}
HOSTILE = ["(", "(\n", "([{", "-", "!", "a+", "a+\n", "a.b()", "a?b:"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", DEFINITION)
def test_hostile_text_is_asked_about_in_no_time(language: str) -> None:
    for unit in HOSTILE:
        text = DEFINITION[language] + unit * (40_000 // len(unit))
        started = time.process_time()
        symbols_of(language, text)
        assert time.process_time() - started < 2.0, unit


@pytest.mark.parametrize("language", DEFINITION)
def test_half_written_code_has_its_symbols(language: str) -> None:
    text = DEFINITION[language] * 200 + "(([{ a + (" * 20 + "\n" + DEFINITION[language]
    assert len(symbols_of(language, text).symbols) >= 200


def test_the_other_questions_have_the_same_bound() -> None:
    text = "def own(): pass\n" + "(" * 40_000
    started = time.process_time()
    function_bodies("python", text)
    mentions_of("python", text)
    assert time.process_time() - started < 2.0
