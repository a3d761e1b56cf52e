"""What is cut from the model's text before it is shown: never a repeated suffix, never a blank."""

import pytest
from holesmith.completion.postprocess.shaping import shape
from hypothesis import given
from hypothesis import strategies as st

CURSOR = "<CURSOR>"


def check(document: str, middle: str, expected: str, level: str | None = None) -> None:
    """``document`` has a cursor mark; ``expected`` is what is inserted there, empty for nothing."""
    prefix, suffix = document.split(CURSOR)
    shaped = shape(middle, prefix, suffix, level)
    assert shaped.text == expected
    assert bool(shaped.text) == (shaped.reason == "shown")


@pytest.mark.parametrize("middle", ["", " ", "\n", "\n\n   \n", "\t"])
def test_blank_text_is_not_shown(middle: str) -> None:
    check("x = <CURSOR>\n", middle, "")


@pytest.mark.parametrize(
    ("document", "middle", "expected"),
    [
        # An editor closed the bracket, the model closes it too.
        ("print(<CURSOR>)\n", "value)", "value"),
        ("print(<CURSOR>)\n", "len(value))", "len(value)"),
        # This bracket closes the model's own, so it stays.
        ("print(<CURSOR>)\n", "len(value)", "len(value)"),
        ("xs[<CURSOR>]\n", "0]", "0"),
        ('name = "<CURSOR>"\n', 'Alice"', "Alice"),
        ("foo(<CURSOR>);\n", "bar);", "bar"),
        # All of what follows is said again.
        ("x = <CURSOR> + offset\n", "base + offset", "base"),
        # A chance letter is not a repetition.
        ("x = <CURSOR>self.y\n", "args", "args"),
        ("call(<CURSOR>)\n", ")", ""),
    ],
)
def test_text_right_of_the_cursor_is_not_repeated(document: str, middle: str, expected: str) -> None:
    check(document, middle, expected)


@pytest.mark.parametrize(
    ("document", "middle", "expected"),
    [
        ("def f():\n    <CURSOR>\n    return x\n", "x = 1\n    return x", "x = 1"),
        ("def f():\n<CURSOR>\n    return x\n", "    return x", ""),
        ("def f():\n    <CURSOR>\n    return x\n", "return x", ""),
        # The same words at another depth are other code.
        ("def f():\n    <CURSOR>\n    return x\n", "if y:\n        return x", "if y:\n        return x"),
        ("if (a) {\n  <CURSOR>\n}\n", "b();\n}", "b();"),
        # The brace closes what the model opened.
        ("if (a) {\n<CURSOR>\n}\n", "while (b) {\n  c();\n}", "while (b) {\n  c();\n}"),
    ],
)
def test_lines_below_are_not_repeated(document: str, middle: str, expected: str) -> None:
    check(document, middle, expected)


def test_trailing_space_goes_and_leading_space_stays() -> None:
    check("x =<CURSOR>\n", " 1  \n", " 1")


@pytest.mark.parametrize(
    ("document", "middle", "expected"),
    [
        ("x = <CURSOR>\n", " 1", "1"),
        ("return <CURSOR>", "  a", "a"),
        ("x =<CURSOR>\n", " 1", " 1"),
        # At the beginning of a line it is indentation.
        ("if a:\n  <CURSOR>\n", "  b", "  b"),
    ],
)
def test_no_second_space_where_there_is_one(document: str, middle: str, expected: str) -> None:
    check(document, middle, expected)


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        ("a()\n    b()\n\n\n    c()", "a()\n    b()"),
        ("a()\n\n    b()", "a()\n\n    b()"),
        ("a()\n```\nThis calls a.", "a()"),
        ('"""\n    ```\n    a\n    ```\n    """', '"""\n    ```\n    a\n    ```\n    """'),
    ],
)
def test_nothing_behind_a_gap_or_a_fence(middle: str, expected: str) -> None:
    check("def f():\n    <CURSOR>\n", middle, expected)


def test_markdown_is_shown_only_where_there_is_some() -> None:
    check("x = 1\n<CURSOR>\n", "```python\ny = 2", "")
    check("<CURSOR>", "```python", "")
    check("# Use\n```\na\n```\n<CURSOR>\n", "```python\ny = 2", "```python\ny = 2")


def test_lines_are_indented_as_the_document_is() -> None:
    check("def f():\n\t<CURSOR>\n", "if a:\n        b()", "if a:\n\t\tb()", level="\t")


@given(*[st.text(alphabet="ab()[]{}\"' \n\té", max_size=40)] * 3)
def test_what_is_shown_is_a_beginning_of_what_the_model_wrote(middle: str, prefix: str, suffix: str) -> None:
    shaped = shape(middle, prefix, suffix)
    assert middle.lstrip(" ").startswith(shaped.text.lstrip(" "))
    assert shaped.text == "" or shaped.text.strip()
