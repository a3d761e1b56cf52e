"""Tokens of a text are the same whatever was lexed before it."""

import pytest
from holesmith.analysis import lexer
from holesmith.analysis.lexer import Token, tokenize
from holesmith.analysis.lexicon import lexicon_of
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
        assert tokenize(lexicon_of(language), text, start) == alone(language, text, start)


def alone(language: str, text: str, start: int) -> list[Token]:
    kept = dict(lexer._last)  # pyright: ignore[reportPrivateUsage]
    lexer._last.clear()  # pyright: ignore[reportPrivateUsage]
    tokens = tokenize(lexicon_of(language), text, start)
    lexer._last.clear()  # pyright: ignore[reportPrivateUsage]
    lexer._last.update(kept)  # pyright: ignore[reportPrivateUsage]
    return tokens
