"""Where a middle that was cut short may end. ``‸`` marks the hole in the source and the end in the middle."""

import pytest
from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.analysis.syntax.stops import open_stops_of
from holesmith.analysis.syntax.whole_lines import whole_element_stop, whole_line_stop

LINES = [
    ("python", "‸", "x = 1‸\ny = f("),
    ("python", "‸", "x = 1‸\ny = f(\n    a,\n    b"),
    ("python", "‸", "x = [\n    1,\n    2"),
    ("python", "‸", "x = [\n    1,\n]‸\nfor"),
    ("python", "def f():\n    ‸", "x = 1‸\n    if x:\n"),
    ("python", "def f():\n    ‸", "x = 1‸\n    if x:\n\n        # why\n"),
    ("python", "def f():\n    ‸", "x = 1\n    if x:\n        y = 2‸\n    else:\n"),
    ("python", "class A:\n    ‸", "x = 1‸\n\n    @property\n    def"),
    ("python", "def f():\n    ‸", "x = 1‸\n    try:\n        y()\n        z"),
    ("python", "def f():\n    ‸", "try:\n        y()\n    except E:\n        z()‸\n    w"),
    ("python", "‸", 'x = 1‸\ny = """a\n  b\n'),
    ("python", "‸", "x = 1‸\ny = 'a\n"),
    # Open before: the user has opened it, or the text behind the hole closes it.
    ("python", "f(‸", "a,\n  b,‸\n  g(\n"),
    ("python", "x = {\n  ‸\n}", "'a': 1,‸\n  'b': [\n"),
    ("java", "‸", "while (i >= 0) {\n int digit = value % 10;\n if (digit < 0) {"),
    ("java", "void f() {\n  ‸\n}", "int x = 1;‸\n  while (i >= 0) {\n    int y = 2;\n    if (y < 0) {\n"),
    ("java", "void f() {\n  ‸\n}", "int x = 1;\n  if (x) {\n    y();\n  }‸\n  int z = x +\n    1"),
    ("rust", "‸", "a.b(|c| {\n  d;\n"),
    ("go", "func f() {\n\t‸\n}", "a := 1‸\n\tb := []int{\n\t\t1,\n"),
    ("typescript", "‸", "const s = `a\n b"),
    ("c", "void f(void) {\n  ‸", "g();\n}‸\nint h(\n"),
]

ELEMENTS = [
    ("python", "x = ‸", "a.b.c‸"),
    ("python", "x = ‸", "f(a, b"),
    ("python", "f(‸)", "a, b‸, [1, 2"),
    ("python", "f(‸", "a, b‸, g(c"),
    ("python", "f(‸", "a, b, c‸"),
    ("python", "f(‸)", "'a"),
    ("python", '"""Some ‸', "long prose (and‸"),
    ("java", "{ int x = ‸ }", "f(a, b"),
]


@pytest.mark.parametrize(("language", "source", "middle"), LINES)
def test_nothing_is_left_open_that_the_middle_opens(language: str, source: str, middle: str) -> None:
    prefix, suffix = source.split("‸")
    frame = open_stops_of(excerpt_at(language, prefix, suffix)).frame
    assert whole_line_stop(frame, middle.replace("‸", "")) == max(middle.find("‸"), 0)


@pytest.mark.parametrize(("language", "source", "middle"), ELEMENTS)
def test_a_line_ends_with_its_last_whole_element(language: str, source: str, middle: str) -> None:
    prefix, suffix = source.split("‸")
    frame = open_stops_of(excerpt_at(language, prefix, suffix)).frame
    assert whole_element_stop(frame, middle.replace("‸", "")) == max(middle.find("‸"), 0)
