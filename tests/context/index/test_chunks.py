"""Files cut into chunks: nothing lost, nothing too long, definitions whole where they fit."""

from holesmith.analysis.outline.symbols import symbols_of
from holesmith.context.index.chunks import LINES_MAX, chunks_of
from hypothesis import given, settings
from hypothesis import strategies as st

LINES = st.lists(
    st.sampled_from(
        ["def f():", "    x = 1", "", "class A:", "    def g(self):", "        pass", "\x0c", "y\r"]
    ),
    max_size=120,
)


@settings(deadline=None)
@given(LINES, st.booleans())
def test_the_chunks_of_a_file_are_its_text(lines: list[str], ends: bool) -> None:
    text = "\n".join(lines) + ("\n" if ends else "")
    chunks = chunks_of(text, symbols_of("python", text).symbols)
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(0 < chunk.stop_line - chunk.start_line <= LINES_MAX for chunk in chunks)
    assert [chunk.start_line for chunk in chunks] == [0, *(chunk.stop_line for chunk in chunks)][
        : len(chunks)
    ]


def test_a_chunk_begins_where_a_definition_does() -> None:
    function = "def f():\n" + "    x = 1\n" * 11 + "\n"
    text = function * 4
    chunks = chunks_of(text, symbols_of("python", text).symbols)
    assert all(chunk.text.startswith("def f") for chunk in chunks)


def test_short_definitions_share_a_chunk() -> None:
    text = "def f():\n    pass\n\n\n" * 4
    assert len(chunks_of(text, symbols_of("python", text).symbols)) == 1
