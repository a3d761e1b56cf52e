"""The definitions of a file, with their headers and nesting."""

import pytest
from holesmith.analysis.outline import outline_of
from holesmith.analysis.syntax_tree import parse

SOURCES = {
    "python": "x = 1\n@deco\nclass A(B):\n"
    "    y: int = 2\n    async def f(self) -> int:\n        z = 1\n        return z\n",
    "java": "class A extends B {\n  int y;\n  A() {}\n"
    "  <T> int f(T t) { int z; return 1; }\n}\ninterface I { void g(); }",
    "javascript": "const x = 1;\nclass A { f(a) { let z; } }\nfunction g() {}",
    "typescript": "interface I { f(a: string): number }\nexport function g(): void {}\ntype T = I;",
    "go": "package p\ntype S struct { a int }\nfunc (s *S) F(a int) error { return nil }\nfunc g() {}",
    "rust": "struct S { a: u8 }\nimpl S { fn f(&self) -> u8 { 1 } }\nfn g() {}",
    "c": "struct s { int a; };\nint *f(int a) { return 0; }\n",
    "cpp": "namespace n { class A { public: int f(int a) { return 1; } }; }",
    "csharp": "namespace N { class A { int P { get; } int F(int a) { return 1; } } }",
}
EXPECTED = {
    "python": ["variable x", "class A(B):", "variable y: int = 2", "method async def f(self) -> int:"],
    "java": [
        "class A extends B",
        "variable y",
        "method A()",
        "method <T> int f(T t)",
        "class I",
        "method void g();",
    ],
    "javascript": ["variable x = 1", "class A", "method f(a)", "function g()"],
    "typescript": ["class I", "method f(a: string): number", "function g(): void", "class T = I;"],
    "go": ["class S struct { a int }", "method (s *S) F(a int) error", "function g()"],
    "rust": ["class S", "class S", "method fn f(&self) -> u8", "function g()"],
    "c": ["class s", "function *f(int a)"],
    "cpp": ["class n", "class A", "method f(int a)"],
    "csharp": ["class N", "class A", "method P", "method F(int a)"],
}


@pytest.mark.parametrize("language", sorted(SOURCES))
def test_outline(language: str) -> None:
    text = SOURCES[language]
    tree = parse(language, text)
    assert tree is not None
    found = [(each.kind, each.name, each.header.of(text)) for each in outline_of(tree)]
    assert len(found) == len(EXPECTED[language]), found
    for (kind, name, header), expected in zip(found, EXPECTED[language], strict=True):
        expected_kind, _, rest = expected.partition(" ")
        assert kind == expected_kind
        assert name in header
        assert rest.strip("*") in header


def test_nesting_and_bodies() -> None:
    text = SOURCES["python"]
    tree = parse("python", text)
    assert tree is not None
    x, a, y, f = outline_of(tree)
    assert (x.parent, a.parent, y.parent, f.parent) == (None, None, 1, 1)
    assert a.span.of(text).startswith("@deco")
    assert f.body is not None
    assert f.body.of(text) == "z = 1\n        return z"


def test_broken_file_keeps_its_other_definitions() -> None:
    tree = parse("python", "def f(:\n    pass\n\ndef g():\n    x = (\n\nclass A:\n    def h(self): pass\n")
    assert tree is not None
    assert {"f", "A", "h"} <= {each.name for each in outline_of(tree)}
