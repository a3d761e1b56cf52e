"""The tree of a document: incremental parsing against parsing anew, and offsets with astral characters."""

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.outline.syntax_tree import SyntaxTree, parse
from holesmith.analysis.syntax.span import Span
from hypothesis import given
from hypothesis import strategies as st

PIECES = st.lists(
    st.sampled_from(
        [
            "def f():\n",
            "    ",
            "return ",
            "x",
            "é",
            "😀",
            "\n",
            "\r\n",
            "'",
            '"""',
            "(",
            ")",
            "{",
            "}",
            ";",
            "if x:",
            "\ud800",
            "class A {",
            "int y = 1;",
            "// c",
            "# c",
            "\0",
            "=",
            "fn ",
            "`",
        ]
    ),
    max_size=25,
).map("".join)


def parsed(language: str, text: str) -> SyntaxTree:
    tree = parse(language, text)
    assert tree is not None
    return tree


@given(
    st.sampled_from(sorted(LANGUAGES)),
    PIECES,
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20), PIECES), max_size=4),
)
def test_incremental_parse_equals_full_parse(
    language: str, text: str, edits: list[tuple[int, int, str]]
) -> None:
    tree = parsed(language, text)
    for start, length, replacement in edits:
        first = min(start, len(tree.text))
        last = min(first + length, len(tree.text))
        tree = tree.edited(first, last, replacement)
    fresh = parsed(language, tree.text)
    assert tree.data == fresh.data
    assert str(tree.tree.root_node) == str(fresh.tree.root_node)


@given(st.text(max_size=60))
def test_offsets_are_code_points(text: str) -> None:
    tree = parsed("python", text)
    for offset in range(len(text) + 1):
        assert tree.offset(tree.byte_offset(offset)) == offset


def test_path_names_nodes_from_the_root_inwards() -> None:
    text = "# 😀😀\ndef f(a):\n    return g(a)\n"
    path = parsed("python", text).path_at(text.index("g(a)") + 1)
    assert [node.type for node in path][:4] == ["module", "function_definition", "block", "return_statement"]
    assert path[2].field == "body"
    start = text.index("return")
    assert path[3].span == Span(start, start + len("return g(a)"))


def test_old_version_stays_as_it_was() -> None:
    old = parsed("python", "x = 1\n")
    new = old.edited(4, 5, "(")
    assert new.has_errors()
    assert not old.has_errors()


@pytest.mark.parametrize("language", ["made-up", "plaintext", ""])
def test_unknown_language_has_no_tree(language: str) -> None:
    assert parse(language, "x") is None
