"""The symbols and imports of a file, in every language that has a grammar, and of text that is no code."""

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.outline.import_statements import Import
from holesmith.analysis.outline.symbols import function_bodies, mentions_of, symbols_of
from hypothesis import given, settings
from hypothesis import strategies as st


def check(language: str, text: str, *expected: str) -> None:
    """Each symbol as ``kind parent.name bases: signature`` is one of ``expected``, in order."""
    symbols = symbols_of(language, text).symbols
    found: list[str] = []
    for symbol in symbols:
        parent = f"{symbols[symbol.parent].name}." if symbol.parent is not None else ""
        bases = f"({','.join(symbol.bases)})" if symbol.bases else ""
        found.append(f"{symbol.kind} {parent}{symbol.name}{bases}: {symbol.signature}")
    assert found == list(expected)


def test_python() -> None:
    check(
        "python",
        "LIMIT: int = 3\n@final\nclass Cart(Base, x.Other[int], metaclass=M):\n    total: int = 0\n"
        "    def __init__(self, a,\n                 b=2):\n        self.items = a\n        self.items = b\n"
        "        def inner(): pass\n    async def pay(self) -> 'R':\n        return 1\n"
        "def top(a): return a\n",
        "field LIMIT: LIMIT: int = 3",
        "class Cart(Base,Other): class Cart(Base, x.Other[int], metaclass=M)",
        "field Cart.total: total: int = 0",
        "method Cart.__init__: def __init__(self, a, b=2)",
        "field Cart.items: self.items = a",
        "method Cart.pay: async def pay(self) -> 'R'",
        "function top: def top(a)",
    )


def test_java() -> None:
    check(
        "java",
        "package p;\npublic class A extends B<String> implements C, d.E {\n  private int x = 3;\n"
        "  public int f(int a) { return 1; }\n  A() {}\n  enum K { P }\n}\ninterface I { void m(); }\n",
        "class A(B,C,E): public class A extends B<String> implements C, d.E",
        "field A.x: private int x = 3",
        "method A.f: public int f(int a)",
        "method A.A: A()",
        "class A.K: enum K",
        "field K.P: P",
        "class I: interface I",
        "method I.m: void m()",
    )


def test_typescript() -> None:
    check(
        "typescript",
        "export class A extends B implements C {\n  x: number = 1;\n  f(a: string): void {}\n}\n"
        "interface I { m(a: number): string }\nexport const g = (x: number): string => { return '' }\n"
        "function h(): void {}\n",
        "class A(B,C): class A extends B implements C",
        "field A.x: x: number = 1",
        "method A.f: f(a: string): void",
        "class I: interface I",
        "method I.m: m(a: number): string",
        "function g: export const g = (x: number): string",
        "function h: function h(): void",
    )


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("javascript", "class A extends B { f(a) {} }\nconst x = 3;\nexport const g = (a) => a;", "A f x g"),
        ("javascriptreact", "const A = (p) => { return <b/> }", "A"),
        ("typescriptreact", "export function A(p: P) { return <b/> }", "A"),
        ("go", "package m\ntype S struct { A int }\nfunc (s *S) M() { }\nconst X = 1\n", "S M X"),
        (
            "rust",
            "pub struct S { a: i32 }\nimpl T for S { fn f(&self) {} }\ntrait T { fn f(&self); }",
            "S a S f T f",
        ),
        ("c", "#define N 1\nstruct S { int a; };\nchar *g(void) { return 0; }\nint h(int);\n", "N S a g h"),
        ("cpp", "namespace n { class A : public B { int f(); }; }\nint n::A::f() { return 1; }\n", "n A f f"),
        ("csharp", "class A : B { int x; public int P { get; set; } void F(int a) { } }", "A x P F"),
    ],
)
def test_other_languages(language: str, text: str, names: str) -> None:
    assert [symbol.name for symbol in symbols_of(language, text).symbols] == names.split()


def test_lines_and_documentation() -> None:
    text = (
        '@a\n@b\nclass C:\n    """\n    Says what.\n\n    More.\n    """\n'
        "    def f(self):\n        pass\n\nx = 1\n"
    )
    class_, method, _ = symbols_of("python", text).symbols
    assert (class_.start_line, class_.stop_line, class_.documentation) == (0, 10, "Says what.")
    assert (method.start_line, method.body_line, method.stop_line) == (8, 9, 10)
    assert symbols_of("java", "/** Does it. */\nclass A {}").symbols[0].documentation == "Does it."


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "import a.b as c", Import("a.b", (), "c", 0, 0)),
        (
            "python",
            "from ..a import (b as c,\n  d,  # why\n)",
            Import("a", (("b", "c"), ("d", "d")), None, 2, 0),
        ),
        ("python", "from a import *", Import("a", (("*", "*"),), None, 0, 0)),
        ("java", "import static a.B.c;", Import("a.B", (("c", "c"),), None, 0, 0)),
        ("java", "import a.b.*;", Import("a.b", (("*", "*"),), None, 0, 0)),
        (
            "typescript",
            "import D, {a as b, type c} from './x'",
            Import("./x", (("a", "b"), ("c", "c"), ("default", "D")), None, 0, 0),
        ),
        ("javascript", "import * as n from 'x'", Import("x", (), "n", 0, 0)),
        ("go", 'package m\nimport q "a/b"', Import("a/b", (), "q", 0, 1)),
        ("rust", "use a::b::{C, D as E};", Import("a::b", (("C", "C"), ("D", "E")), None, 0, 0)),
        ("c", "#include <a/b.h>", Import("a/b.h", (), None, 0, 0)),
        ("csharp", "using X = A.B;", Import("A.B", (), "X", 0, 0)),
    ],
)
def test_imports(language: str, text: str, expected: Import) -> None:
    assert symbols_of(language, text).imports == (expected,)


def test_mentions_are_told_apart_by_their_role() -> None:
    mentions = mentions_of("java", 'class A { B<C> f = g("s", h); }')
    assert mentions.types == ("B", "C")
    assert mentions.strings == ('"s"',)
    assert {"A", "f", "g", "h"} <= set(mentions.identifiers)


def test_text_without_a_grammar_has_no_symbols() -> None:
    assert symbols_of("plaintext", "class A: pass").symbols == ()
    assert mentions_of("plaintext", "x").identifiers == ()


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "class A",
            "def f(",
            ")",
            ":",
            "\n",
            "    ",
            "self.x = 1",
            "import ",
            "from . import x",
            "{",
            "}",
            "(",
            "é😀",
            "fn g",
            "struct S",
            "func ",
            "=>",
            "interface I",
            ";",
            '"""',
            "'",
            "\\",
            "@d",
            "\0",
            "\ud800",
            "=",
            "\r\n",
        ]
    ),
    max_size=25,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), FRAGMENTS.map("".join))
def test_any_text_has_symbols_in_order_inside_their_parents(language: str, text: str) -> None:
    symbols = symbols_of(language, text).symbols
    mentions_of(language, text)
    lines = text.count("\n") + 1
    for number, symbol in enumerate(symbols):
        assert 0 <= symbol.start_line < symbol.stop_line <= lines
        assert symbol.name.isidentifier()
        if symbol.parent is not None:
            parent = symbols[symbol.parent]
            assert symbol.parent < number
            assert parent.start_line <= symbol.start_line
            assert symbol.stop_line <= parent.stop_line


@pytest.mark.parametrize(
    ("language", "text", "bodies"),
    [
        ("python", "@d\ndef f(a):\n    def g(): pass\nclass A:\n    async def h(self): ...\n", 3),
        ("java", "class A { A() {} int f(int a) { int z; return 1; } }\ninterface I { void g(); }", 2),
        ("typescript", "interface I { f(a: string): number }\nclass A { g(): void {} }", 1),
        ("go", "package p\nfunc (s *S) F(a int) error { return nil }\nfunc g() {}", 2),
        ("rust", "impl S { fn f(&self) -> u8 { 1 } }\nfn g() {}", 2),
        ("csharp", "class A { int P { get; } int F(int a) { return 1; } }", 1),
        ("c", "struct s { int a; };\nint *f(int a) { return 0; }\n", 1),
        ("text", "def f(): pass", 0),
    ],
)
def test_bodies_of_functions(language: str, text: str, bodies: int) -> None:
    found = function_bodies(language, text)
    assert len(found) == bodies
    assert all(body.of(text)[:1] == "{" for body in found if language != "python")


def test_body_ends_where_its_last_statement_does() -> None:
    text = "def f(a):\n    x = 1\n    return x\n\n\ny = 2\n"
    (body,) = function_bodies("python", text)
    assert body.of(text) == "x = 1\n    return x"
