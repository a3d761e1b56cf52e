"""Tokens of a text are the same whatever was lexed before it."""

import pytest
from holesmith.analysis.syntax import lexer
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import Token, tokenize, tokens_of
from hypothesis import given
from hypothesis import strategies as st

PIECES = (
    *("x", "1", " ", "\n", "\r", "\r\n", "\\", "#", "/", "//", "/*", "*/", "(", ")", "{", "}", "[", "]", "."),
    *('"', "'", '"""', "'''", "`", 'f"', "f'{", "${", 'r#"', '"#', '@"', "=", "a /b/ c"),
)
# So long that the lexer keeps it.
LINES = "".join(f"name_{number} = call({number}, 'text')\n" for number in range(60))


@pytest.mark.parametrize("language", ["python", "typescript", "rust", "csharp", "go", "cpp"])
@given(data=st.data())
def test_tokens_are_those_of_a_text_that_is_lexed_alone(language: str, data: st.DataObject) -> None:
    text = LINES
    for _ in range(4):
        edit = "".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=6)))
        offset = data.draw(st.integers(0, len(text)))
        text = text[:offset] + edit + text[offset + data.draw(st.integers(0, 3)) :]
        line = text.find("\n", data.draw(st.integers(0, len(text)))) + 1
        start = line if data.draw(st.booleans()) else 0
        assert tokenize(rules_of(language), text, start) == alone(language, text, start)


@pytest.mark.parametrize("language", ["python", "typescript", "rust", "csharp", "go", "cpp"])
@given(pieces=st.lists(st.sampled_from((*PIECES, *["\n"] * 6)), max_size=40))
def test_tokens_taken_one_by_one_are_the_same(language: str, pieces: list[str]) -> None:
    text = LINES[: 2 * lexer.AHEAD_CHARACTERS] + "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexer, "AHEAD_CHARACTERS", 1)
        start = "".join(pieces)
        assert list(tokens_of(rules_of(language), start)) == alone(language, start, 0)
    assert list(tokens_of(rules_of(language), text)) == alone(language, text, 0)


def alone(language: str, text: str, start: int) -> list[Token]:
    kept = dict(lexer._last)  # pyright: ignore[reportPrivateUsage]
    lexer._last.clear()  # pyright: ignore[reportPrivateUsage]
    tokens = tokenize(rules_of(language), text, start)
    lexer._last.clear()  # pyright: ignore[reportPrivateUsage]
    lexer._last.update(kept)  # pyright: ignore[reportPrivateUsage]
    return tokens
