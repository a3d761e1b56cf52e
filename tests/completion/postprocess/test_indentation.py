"""What is shown is indented as the editor or the document is, whatever the model writes."""

import pytest
from holesmith.completion.postprocess.indentation import indentation_of, level_at, reindented
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("def f():\n    a\n\ndef g():\n    b\n", "    "),
        ("def f():\n  if a:\n    b\n", "  "),
        ("func f() {\n\ta()\n\tb()\n}\n", "\t"),
        ("x = 1\ny = 2\n", None),
        ("", None),
        # An argument below its bracket is aligned, not indented.
        ("def f(\n        a,\n        b):\n  if a:\n    f(1,\n      2)\n  if b:\n    c\n", "  "),
    ],
)
def test_the_level_of_a_document(text: str, level: str | None) -> None:
    assert indentation_of(text) == level


@pytest.mark.parametrize(
    ("line", "middle", "level", "expected"),
    [
        # The model writes four spaces, the document has tabs.
        ("\tfor x in xs:", "\n        if x:\n            y()", "\t", "\n\t\tif x:\n\t\t\ty()"),
        ("", "if (a) {\n  b();\n}", "\t", "if (a) {\n\tb();\n}"),
        # A tab where the document has spaces.
        ("", "if a:\n\tb\n\tif c:\n\t\td", "  ", "if a:\n  b\n  if c:\n    d"),
        # Four spaces where it has two, and the other way round.
        ("  def f(self):", "\n      if a:\n          b", "  ", "\n    if a:\n      b"),
        ("", "def f():\n  if a:\n    b\n  return c", "    ", "def f():\n    if a:\n        b\n    return c"),
        # Nothing to do.
        ("    ", "if a:\n        b", "    ", "if a:\n        b"),
        ("x = ", "1", "\t", "1"),
        # Aligned under the bracket: no levels at all.
        ("    x = f(", "a,\n          b)", "  ", "a,\n          b)"),
        # Back to the left: the block ended, and what it was cannot be told.
        ("    if a:", "\n            b\n  c", "  ", "\n            b\n  c"),
        # Blank lines stay blank.
        ("", "if a:\n\n  b", "    ", "if a:\n\n    b"),
    ],
)
def test_lines_after_the_first_take_the_level(line: str, middle: str, level: str, expected: str) -> None:
    assert reindented(middle, line, level) == expected


@given(
    *[st.text(alphabet="ab:({\n\t ", max_size=30)] * 2,
    st.sampled_from(["\t", "  ", "    "]),
)
def test_only_indentation_changes(middle: str, line: str, level: str) -> None:
    changed = reindented(middle, line.rpartition("\n")[2], level)
    before, after = middle.split("\n"), changed.split("\n")
    assert before[0] == after[0]
    assert [each.lstrip(" \t") for each in before[1:]] == [each.lstrip(" \t") for each in after[1:]]
    assert reindented(changed, line.rpartition("\n")[2], level) == changed or level != "\t"


FOUR = "def f(a):\n    if a:\n        b()\n"
TABS = "def f(a):\n\tif a:\n\t\tb()\n"


@pytest.mark.parametrize(
    ("editor_level", "document", "level"),
    [
        ("    ", TABS, "\t"),
        ("        ", FOUR, "    "),
        ("\t", FOUR, "    "),
        ("  ", "x = 1\n", "  "),
        (None, "x = 1\n", None),
        # Too little to tell the document's own, but enough to see that the editor's would not go with it.
        ("\t", "def f(a):\n    b()\n", None),
        ("    ", "x = [\n\t1,\n  2,\n]\n", None),
    ],
)
def test_the_document_s_own_level_counts_before_the_editor_s(
    editor_level: str | None, document: str, level: str | None
) -> None:
    assert level_at(editor_level, document) == level
