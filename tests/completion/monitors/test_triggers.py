"""Where monitors fire in generated text: ``‸`` is the cursor, ``→`` stands before each constrained text."""

from keyword import iskeyword

import pytest
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.registry import triggers_in
from holesmith.completion.monitors.statement import Statement, Trigger, statement_before


def statement_at(language: str, before: str) -> Statement:
    return statement_before(Document(None, language, before, ""))


def fired(source: str, language: str = "python") -> list[tuple[str, str]]:
    """Kind and text from the trigger to the end of its word, of all triggers behind the cursor."""
    before, generated = source.split("‸")
    statement = statement_at(language, before)
    found: list[Trigger] = []
    for stop in range(1, len(generated) + 1):
        found += triggers_in(statement, generated[:stop], stop - 1)
    assert found == triggers_in(statement, generated, 0)
    return [(trigger.kind, word_at(generated, trigger.start)) for trigger in found]


def word_at(text: str, start: int) -> str:
    stop = start
    while stop < len(text) and (text[stop].isalnum() or text[stop] == "_"):
        stop += 1
    return text[start:stop]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = self‸.get(1)", [("member", "get")]),
        ("x = ‸self.get(1)", [("name", "self"), ("member", "get")]),
        ("x = self.‸", []),
        ("x = self‸.", [("member", "")]),
        ("f(a‸.b.c, d)", [("member", "b"), ("member", "c"), ("name", "d")]),
        ("from a import‸ b", [("import", "b")]),
        ("from a import (b,‸ c as d)", [("import", "c")]),
        ("from‸ a import b", [("import", "a"), ("import", "b")]),
        ("import a‸.b as c", [("import", "b")]),
        ("try:\n    from a import‸ b", []),
        ("if c:\n    pass\nelse:\n    x = 1\n    ‸import b", []),
        ("if c:\n    pass\nfrom a import‸ b", [("import", "b")]),
        ("def f():\n    from a import‸ b", [("import", "b")]),
        ("f(a,‸ key=b, c)", [("name", "key"), ("keyword", "key"), ("name", "b"), ("name", "c")]),
        ("f(‸c == 1, d==1)", [("name", "c"), ("name", "d")]),
        ("x = ‸1.e5 + 1. + x1.real", [("name", "x1"), ("member", "real")]),
        ("x = ‸'a.b' + f'{c.d}' # e.f", [("name", "f"), ("name", "c"), ("member", "d")]),
        ("x = '‸a.b'", []),
        ("x = 'a.‸\\nb'", []),
        ("x = f'{a‸!r:>{b}}'", [("name", "b")]),
        ("x = f'{a‸:d}'", []),
        ('"""‸a.b', []),
        ("x = [‸a for b in c]", [("name", "a"), ("name", "c")]),
        ("f(lambda ‸a, b: a)", [("name", "a")]),
        ("with ‸a as b:", [("name", "a")]),
        ("for‸ a, b in c:", [("name", "c")]),
        ("match a:\n  case ‸B(c, [d])", [("pattern", "B")]),
        ("def ‸f(a, b=c): pass", [("name", "c")]),
        ("f(‸'r' + 's')", [("literal", "")]),
        ("f(mode=‸'r', x='a' + 'b')", [("literal", ""), ("name", "x"), ("keyword", "x"), ("literal", "")]),
        ("if x == ‸'r': y = 's'", [("literal", ""), ("name", "y")]),
        ("y: T = ‸a['k']", [("name", "a"), ("literal", "")]),
        ("self.y = ‸'k'", [("literal", "")]),
        ("‸total = 1\n", [("name", "total")]),
        ("x = a.\\\n  ‸b", [("member", "b")]),
    ],
)  # fmt: skip
def test_python(source: str, expected: list[tuple[str, str]]) -> None:
    found = [(kind, word) for kind, word in fired(source) if kind != "argument" and not iskeyword(word)]
    assert found == expected


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("‸from a import b as c, d as e", ["a", "b", "d"]),
        ("from a import‸ import", ["import"]),
        ("from a import‸ as b", ["as"]),
        ("from a import (b,‸ as)", ["as"]),
        ("from a import b‸ import", []),
        ("‸import a as b, c", ["a", "c"]),
        ("from .‸ import b", ["b"]),
        ("from .‸a import b", ["a", "b"]),
        ("from ..a.‸b import (\n  c,\n)", ["b", "", "c"]),
    ],
)
def test_imported_is_a_word_where_a_name_stands_and_no_keyword(source: str, places: list[str]) -> None:
    assert [word for kind, word in fired(source) if kind == "import"] == places


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("try: ...\nexcept ‸ValueError", [("exception", "ValueError"), ("name", "ValueError")]),
        ("try: ...\nexcept ‸a.B", [("exception", "a"), ("name", "a"), ("member", "B"), ("exception", "B")]),
        ("try: ...\nexcept (A,‸ B)", [("exception", "B"), ("name", "B")]),
        ("try: ...\nexcept* ‸A", [("exception", "A"), ("name", "A")]),
        ("try: ...\nexcept A as‸ e", []),
        ("raise ‸A", [("exception", "A"), ("name", "A")]),
        ("raise A from‸ b", [("name", "b")]),
        ("raise A(‸b)", [("name", "b"), ("argument", "b")]),
        ("x = 'raise ‸a'", []),
        ("x.raised = ‸a", [("name", "a")]),
        ("match a:\n  case ‸Color.RED", [("pattern", "Color"), ("member", "RED"), ("pattern", "RED")]),
        ("match a:\n  case A |‸ B", [("pattern", "B")]),
        ("match a:\n  case ‸B(c)", [("pattern", "B")]),
        ("match a:\n  case [‸b, c]", []),
        ("x = ‸Shape(a)", [("name", "Shape"), ("instance", "Shape"), ("name", "a")]),
        ("x = ‸Shape()", [("name", "Shape"), ("instance", "Shape"), ("empty", "")]),
        ("x = a.‸Shape()", [("instance", "Shape"), ("empty", "")]),
        ("x = ‸SHAPE(1), shape(1), S(1)", [("name", "SHAPE"), ("name", "shape"), ("name", "S")]),
        ("def ‸f(): pass", []),
        ("x = ‸(), f(a)()", [("name", "f"), ("name", "a"), ("empty", "")]),
        ("class ‸Shape(Base): pass", [("name", "Base")]),
        ("@‸Shape()", [("name", "Shape")]),
        ("f‸(a, b)", [("name", "a"), ("argument", "a"), ("name", "b"), ("argument", "b")]),
        ("f(a,\n  ‸[b], c=1)", [("argument", ""), ("name", "b"), ("argument", "c"), ("keyword", "c")]),
        ("f(*a,‸ b)", [("name", "b")]),
        ("f(lambda a,‸ b: 1)", []),
        ("class A(‸B): pass", [("name", "B")]),
        ("def f(‸a=b): pass", [("name", "b")]),
        ("x = (‸a, b)", [("name", "a"), ("name", "b")]),
        ("f(‸)", [("empty", "")]),
        ("f(a,‸ *b)", [("name", "b")]),
    ],
)  # fmt: skip
def test_triggers_of_calls_exceptions_and_patterns(source: str, expected: list[tuple[str, str]]) -> None:
    found = fired(source)
    if not any(kind == "argument" for kind, _ in expected):
        found = [(kind, word) for kind, word in found if kind != "argument"]
    assert [(kind, word) for kind, word in found if kind != "name" or ("name", word) in expected] == expected


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("class A { int x = b‸.c(d.e); }", "java", [("member", "c"), ("member", "e")]),
        ("int f() { return p‸->q + std::size(r); }", "cpp", [("member", "q"), ("member", "size")]),
        ("const a = b‸?.c + `x${d.e}`", "typescript", [("member", "c"), ("member", "e")]),
        ("int x = 1‸.5f; // a.b\n", "c", []),
    ],
)
def test_members_in_other_languages(source: str, language: str, expected: list[tuple[str, str]]) -> None:
    assert fired(source, language) == expected


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("x = ‸name", True),
        ("‸name", None),
        ("‸name(", True),
        ("‸name = 1", False),
        ("‸name: int", False),
        ("‸name.x = 1", True),
        ("if ‸name := 1", False),
        ("if ‸name:\n", True),
        ("while not ‸name and x", True),
        ("while ‸name", None),
        ("self.‸name = 1", False),
        ("self.‸name: int", False),
        ("self.‸name(", True),
        ("x = self.‸name", True),
        ("return self.‸name", True),
        ("f(self.‸name", True),
        ("if ‸name\n", True),
        ("f(‸name", None),
        ("f(‸name)", True),
        ("f(‸name=1)", False),
        ("f(g(‸name)", None),
        ("f(g(‸name) for name in x)", False),
        ("f([‸name, 1], 2)", True),
        ("f(‸name[0].x for name", False),
    ],
)
def test_whether_a_name_is_used_or_bound(source: str, use: bool | None) -> None:
    before, generated = source.split("‸")
    dot = "." if before.endswith(".") else ""
    statement = statement_at("python", before.removesuffix("."))
    trigger = triggers_in(statement, dot + generated, 0)[0]
    assert statement.is_used(dot + generated, trigger) == use


def test_a_long_file_costs_no_more_than_its_last_statement() -> None:
    before = "x = 1\n" * 10_000 + "def f():\n    y = g(a,\n      b["
    assert statement_at("python", before).text == "y = g(a,\n      b["
    assert statement_at("java", "class A { void f() { x(); y = g(1,").text == "y = g(1,"


@pytest.mark.parametrize(
    "operator", ["=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "**=", "&=", "|=", "^=", "<<=", ">>="]
)
def test_a_member_right_of_an_assignment_is_used_at_once(operator: str) -> None:
    statement = statement_at("python", f"total.sum {operator} ")
    generated = "order.price"
    (member,) = (each for each in triggers_in(statement, generated, 0) if each.kind == "member")
    assert statement.is_used(generated, member)
