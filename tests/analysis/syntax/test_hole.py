"""The construct at the hole, marked ``‸``."""

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.analysis.syntax.hole import Hole, HoleKind, hole_of
from hypothesis import given
from hypothesis import strategies as st


def hole_at(language: str, prefix: str, suffix: str = "") -> Hole:
    return hole_of(excerpt_at(language, prefix, suffix))


def check(
    source: str,
    kind: HoleKind,
    subject: str | None = None,
    argument: int | None = None,
    keyword: str | None = None,
    operator: str | None = None,
    language: str = "python",
) -> None:
    prefix, _, suffix = source.partition("‸")
    hole = hole_at(language, prefix, suffix)
    found = (hole.kind, hole.subject and hole.subject.of(prefix), hole.argument, hole.keyword, hole.operator)
    assert found == (kind, subject, argument, keyword, operator)


@pytest.mark.parametrize(
    ("source", "kind", "subject"),
    [
        ("a.b(c)[d].‸", "attribute", "a.b(c)[d]"),
        ("print(f'{x}').‸", "attribute", "print(f'{x}')"),
        ("'abc'.‸", "attribute", "'abc'"),
        ("f'{a.b‸", "attribute", "a"),
        ("return a.‸", "attribute", "a"),
        ("@app.‸", "attribute", "app"),
        ("(a\n  .b()\n  .‸", "attribute", "a\n  .b()"),
        ("from a import ‸", "import", None),
        ("from . import (b,\n ‸", "import", None),
        ("import a.‸", "import", None),
        ("@‸", "decorator", None),
        ("def f(a: ‸", "annotation", "a"),
        ("def f(a) -> ‸", "annotation", None),
        ("self.x: ‸", "annotation", "self.x"),
        ("x: list[‸", "subscript", "list"),
        ("x = ‸", "right_hand_side", "x"),
        ("for x in y: z = ‸", "right_hand_side", "z"),
        ("x: int = ‸", "right_hand_side", "x: int"),
        ("return ‸", "return", None),
        ("with ‸", "with", None),
        ("for ‸", "definition", None),
        ("def f‸", "definition", None),
        ("class A(‸", "base", "A"),
        ("raise ‸", "exception", None),
        ("    ‸", "statement", None),
        ("x = 1\n‸\ny", "statement", None),
        ("# a ‸", "comment", None),
        ("f'{‸", "interpolation", None),
        ("def f(‸", "parameter", None),
        ("lambda x: ‸", "unknown", None),
        ("1.‸", "unknown", None),
        ("foo(a,\n\ndef g():\n    return ‸", "return", None),
    ],
)
def test_python_construct(source: str, kind: HoleKind, subject: str | None) -> None:
    argument = 0 if kind == "parameter" else None
    check(source, kind, subject, argument)


def test_argument_position_and_keyword() -> None:
    check("f(a, ‸", "argument", "f", 1)
    check("x = f([a, b], g(c, d), e=‸)", "argument", "f", 2, "e")
    check("x.y = foo(a,\n  [b],\n  c=d, ‸\n\ndef g(): pass", "argument", "foo", 3)


def test_operator_before_the_hole() -> None:
    check("if a and ‸", "condition", operator="and")
    check("return a + ‸", "return", operator="+")
    check("for x in ‸", "iteration", operator="in")
    check("assert x == ‸", "condition", operator="==")


def test_string_tells_what_it_stands_in() -> None:
    hole = hole_at("python", 'd["ab')
    assert (hole.kind, hole.enclosing, hole.subject and hole.subject.of("d")) == ("string", "subscript", "d")
    assert hole_at("python", 'open(x, mode="').keyword == "mode"


@pytest.mark.parametrize(
    ("language", "source", "kind", "subject"),
    [
        ("java", "class A { int x = ‸", "right_hand_side", "int x"),
        ("java", "if (‸", "condition", None),
        ("java", "for (int i : ‸", "iteration", None),
        ("java", "import java.‸", "import", None),
        ("java", "class A { @‸", "decorator", None),
        ("java", "void f() { g(); } int h() { return ‸", "return", None),
        ("c", "p->‸", "attribute", "p"),
        ("c", "#include <‸", "import", None),
        ("cpp", "std::‸", "attribute", "std"),
        ("typescript", "function f(a: ‸", "annotation", "a"),
        ("typescript", "a?.‸", "attribute", "a"),
        ("typescript", "const a = `x${b.‸", "attribute", "b"),
        ("javascript", "let a = f(b)\nlet c = ‸", "right_hand_side", "let c"),
        ("go", "x := foo.‸", "attribute", "foo"),
        ("rust", "use std::‸", "import", None),
        ("rust", "let x: ‸", "annotation", "let x"),
        ("csharp", '$"{a.‸', "attribute", "a"),
        ("made-up", "a.‸", "attribute", "a"),
    ],
)
def test_other_languages(language: str, source: str, kind: HoleKind, subject: str | None) -> None:
    check(source, kind, subject, language=language)


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "def f(",
            "):",
            "\n",
            "    ",
            "'",
            '"""',
            "f'{",
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "x",
            ".",
            "=",
            ",",
            "#",
            "/*",
            "`${",
            "@",
            "->",
            "class A",
            "import ",
            "\\",
            "\r",
            "😀",
            "\ud800",
            "\0",
            'r#"',
            'R"x(',
            '@"',
            ";",
            "if ",
            "lambda:",
        ]
    ),
    max_size=40,
).map("".join)


@given(st.sampled_from(sorted(LANGUAGES | {"made-up"})), SNIPPETS, SNIPPETS)
def test_any_text_has_a_hole_with_spans_inside_the_prefix(language: str, prefix: str, suffix: str) -> None:
    hole = hole_at(language, prefix, suffix)
    for span in (hole.word, hole.subject):
        assert span is None or 0 <= span.start <= span.stop <= len(prefix)
