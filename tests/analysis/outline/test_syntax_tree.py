"""The tree of a text: its offsets, also with astral characters."""

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.outline.syntax_tree import SyntaxTree, parse
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


@given(st.sampled_from(sorted(LANGUAGES)), PIECES)
def test_any_text_has_a_tree_whose_leaves_are_pieces_of_it(language: str, text: str) -> None:
    tree = parsed(language, text)
    nodes = [tree.tree.root_node]
    while nodes:
        node = nodes.pop()
        span = tree.span(node)
        assert text[span.start : span.stop].encode("utf-8", "surrogatepass") == node.text
        nodes += node.children


@pytest.mark.parametrize("language", ["made-up", "plaintext", ""])
def test_unknown_language_has_no_tree(language: str) -> None:
    assert parse(language, "x") is None
