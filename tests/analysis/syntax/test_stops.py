"""Where completions end. ``|`` marks the hole in the source and the expected stop in the middle."""

import pytest
from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.analysis.syntax.stops import is_multiline_place, stops_at


def check(language: str, source: str, middle: str, *, block: bool = False) -> None:
    """``‸`` in ``source`` is the hole; ``‸`` in ``middle`` is the expected stop, none if it may still go
    on.
    """
    prefix, suffix = source.split("‸")
    expected = middle.find("‸") if "‸" in middle else None
    stops = stops_at(language, prefix, suffix)
    text = middle.replace("‸", "")
    assert (stops.block_stop(text) if block else stops.statement_stop(text)) == expected


STATEMENTS = [
    ("python", "x = ‸\n", "1‸\ny = 2"),
    ("python", "x = ‸\n", "1"),
    ("python", "x = ‸\n", "f(\n  1,\n  2)‸\ny"),
    ("python", "x = f(‸\n", "1,\n  2)‸\ny"),
    ("python", "x = f(‸)\n", "1, 2‸)\ny"),
    ("python", "x = f(g(‸)\n", "1), 2‸)\ny"),
    ("python", "f(\n    a,\n    ‸\n)\n", "b,‸\n    c\n"),
    ("python", "x = ‸\n", '"""a\nb"""‸\ny'),
    ("python", 'x = "ab‸"\n', 'cd‸"\n'),
    ("python", 'x = "ab‸\n', 'cd"‸\ny'),
    ("python", 'f("ab‸")\n', 'cd‸", 1)\n'),
    ("python", "x = 1 + \\\n  ‸\n", "2 + \\\n 3‸\ny"),
    ("python", "if ‸\n", "x:‸\n    y"),
    ("python", "def f():\n    ‸\n", "return [\n  1,\n]‸\n    x"),
    ("python", "x = (a\n  ‸\n", ".b()\n  .c())‸\n"),
    ("python", "x = ‸", "[  # ] (\n 1]‸\n"),
    ("python", 'f"{a.‸}"\n', "b‸}"),
    ("python", "‸", "‸\n"),
    ("python", "# a comment ‸\nx = 1", "goes on‸\ny"),
    ("java", "class A { void f() { int x = ‸\n } }", "5;‸\n"),
    ("java", "class A {\n void f() {\n  int x = ‸", "5;‸\n"),
    ("java", "f(‸);\n", "a, b‸);"),
    ("java", "x = ‸\n", "a +\n  b;‸\n"),
    ("java", "‸\n", "if (x) {‸\n  y"),
    ("java", "if (x) { ‸\n", "return; }‸\n"),
    ("javascript", "const a = ‸\n", "{\n  b: 1,\n};‸\n"),
    ("javascript", "a.map(‸)\n", "x => {‸\n  y"),
    ("javascript", "const s = ‸", "`a${\n b}\nc`;‸\n"),
    ("go", "x := ‸\n", "[]int{1,\n 2}‸\n"),
    ("rust", "let x: &'a str = ‸\n", "foo();‸\n"),
    ("c", "int x = ‸\n", "'\\'' + f(\n1);‸\n"),
    ("made-up", "x ‸\n", "y‸\nz"),
]

BLOCKS = [
    ("python", "def f():\n    ‸\n", "a = 1\n\n    # note\n    return a‸\n\ndef g"),
    ("python", "def f():\n    ‸\n", "if a:\n        b\n    else:\n        c\n    return‸\nx = 1"),
    ("python", "def f():\n    ‸\n", "return 1\n\n\n"),
    ("python", "def f():\n‸", "    return 1‸\nx"),
    ("python", "def f():‸", "\n    return 1‸\nx"),
    ("python", "def f():\n    ‸\n", 's = """\nnot\n  dedent"""\n    return s‸\nx'),
    ("python", "def f():\n    ‸\n", "x = [\n1,\n]\n    return x‸\n@decorated"),
    (
        "python",
        "class A:\n    def f(self):\n        ‸\n\n    def h(self): ...\n",
        "return 1‸\n\n    def g(self",
    ),
    (
        "python",
        "class A:\n    ‸\n",
        "@property\n    def f(self):\n        return 1\n\n    @x\n    def g(self",
    ),
    ("python", "if ‸\n", "x:\n    y\nelif z:\n    w\nelse:\n    v‸\nq"),
    ("python", "if x‸\n", ":\n    y\nel"),
    ("python", "if x‸\n", ":\n    y‸\nels3"),
    ("python", "for ‸\n", "x in y:\n    pass\n# comment"),
    ("python", "for ‸\n", "x in y:\n    pass‸\n# comment\nz"),
    ("python", "def f():\n    x = ‸\n", "1\n    y = 2‸\nz"),
    ("python", "def f():\n    g(‸)\n", "1‸)"),
    ("python", "try:\n    ‸\n", "a()‸\nexcept"),
    ("python", "if x:\n    ‸\n", "‸y"[1:] + "‸\nelse"),
    ("python", "def f():\n\t‸\n", "a\n\tb‸\nc"),
    (
        "java",
        "class A {\n  void f() {\n    ‸\n  }\n}\n",
        "int a = 1;\n    if (a) {\n      b();\n    }‸\n  }\n",
    ),
    ("java", "class A {\n  void f() {\n    ‸\n}\n", "g();\n  }‸\n  void h"),
    ("java", "class A {\n  void f() ‸\n}\n", "{\n    g();\n  }‸\n  void h"),
    ("java", "void f() { if (‸\n}\n", "a) {\n b();\n} else {\n c();\n}‸\nd"),
    ("java", "void f() { if (‸\n}\n", "a) {\n b();\n} el"),
    ("javascript", "function f() {\n  ‸\n}\n", "return `}`; // }\n /* } */‸\n}"),
    ("go", "func f() {\n\t‸\n}\n", "for {\n\t\tx()\n\t}\n\treturn‸\n}"),
    ("rust", "fn f() {\n    ‸", "g('}');\n}‸\n\nfn"),
]

PLACES = [
    ("python", "def f():\n    ‸", True),
    ("python", "def f():‸\n", True),
    ("python", 'def f(a: int = 1) -> dict[str, int]:\n    """Doc."""\n    ‸\n\ndef g(): ...', True),
    ("python", "def f():\n    ‸\n    return 1", False),
    ("python", "def f():\n    x = 1\n    ‸", False),
    ("python", "x = {1:‸", False),
    ("python", "x: ‸", False),
    ("python", "if x: ‸y", False),
    ("python", "def f(\n    a,\n):\n    # why\n    ‸", True),
    ("python", "for x in y:\n    ‸\nz = 1", True),
    ("java", "class A {\n  void f() {\n    ‸\n  }\n}", True),
    ("java", "class A {\n  void f() {\n    ‸\n", True),
    ("java", "class A {\n  void f() {‸\n  }\n}", True),
    ("java", "class A {\n  void f() {\n    ‸\n    g();\n  }\n}", False),
    ("java", "class A {\n  void f() {\n    ‸\n\n  void g() {}\n}", True),
    ("java", "int[] a = {\n ‸\n};", False),
    ("javascript", "const a = {\n  ‸\n}", False),
    ("typescript", "function f(): number {\n  ‸\n}", True),
    ("made-up", "a {\n ‸\n}", False),
]


@pytest.mark.parametrize(("language", "source", "middle"), STATEMENTS)
def test_statement_stop(language: str, source: str, middle: str) -> None:
    check(language, source, middle)


@pytest.mark.parametrize(("language", "source", "middle"), BLOCKS)
def test_block_stop(language: str, source: str, middle: str) -> None:
    check(language, source, middle, block=True)


@pytest.mark.parametrize(("language", "source", "expected"), PLACES)
def test_is_multiline_place(language: str, source: str, expected: bool) -> None:
    prefix, suffix = source.split("‸")
    assert is_multiline_place(excerpt_at(language, prefix, suffix)) is expected
