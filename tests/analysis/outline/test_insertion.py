"""Does a document still parse with a suggestion in it? ``‸`` is the cursor."""

import pytest
from holesmith.analysis.outline import trial_time
from holesmith.analysis.outline.insertion import soundness_of

METHOD = """\
import a


class A:
    x = 1

    def f(self, b):
        c = 1
        ‸

    def g(self):
        return 1


A().f(1)
"""
LOOP = "for x in y:\n    ‸\n"
TOP = "‸\nx = 1\n"
IMPORT = "from lxml import ‸\nx = 1\n"
F_STRING = 'def f(a):\n    x = f"{‸\n    return x\n'
CALL = "def f(a):\n    return g(‸\n"
TRIED = "def f():\n    try:\n        return g(‸\n"
OUTER = "def f():\n    n = 1\n\n    def g():\n        ‸\n        return n\n\n    return g\n"
TRY = "try:\n    x\n‸\n"
CHOICE = "if x:\n    y\n‸\n"
LONG_STRING = 'def f():\n    """Sum up.\n\n    ‸\n\n\ndef g():\n    return 1\n'


def judged(language: str, document: str, text: str, finish: str = "") -> tuple[str, str]:
    before, after = document.split("‸")
    found = soundness_of(language, before, text, after, "", finish)
    return text[: found.length], found.objection


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (METHOD, "d = 1"),
        (METHOD, "return c"),
        (METHOD, "yield c"),
        (METHOD, "if c:"),
        (METHOD, "for each in c:\n            print(each)"),
        (METHOD, "try:"),
        (METHOD, "if c:  # always"),
        (METHOD, "try:\n            c()"),
        (METHOD, "match c:"),
        (METHOD, "@wraps(c)"),
        (METHOD, "type X = int"),  # of Python 3.12
        (METHOD, "def g[T](x: T) -> T: ..."),
        (METHOD, "try:\n            c()\n        except A, B:\n            pass"),  # of Python 3.14
        (METHOD, "x = f\"{c['k']}\" + f'{c}'"),
        (METHOD, 'x = f"{c["k"]}"'),
        (METHOD, "# a comment that isn't closed"),
        (LOOP, "break"),
        (LOOP, "continue"),
        (OUTER, "nonlocal n"),
        (OUTER, "global m"),
        (TRY, "except E:"),
        (TRY, "except E:\n    pass"),
        (TRY, "finally:\n    pass"),
        (TRY, "y = 1"),  # the user will come back to the block
        (CHOICE, "else:\n    z"),
        (CHOICE, "elif z:"),
        ("match x:\n    ‸\n", "case 1:\n        pass"),
        ("@‸\ndef f(): ...\n", "cache"),
        (IMPORT, "etree"),
        (IMPORT, "etree, html"),
        (IMPORT, "(\n    etree,\n    html,\n)"),
        ("import ‸\n", "a.b as c"),
        (F_STRING, 'a}"'),
        (F_STRING, 'a} {a!r:>10}"'),
        (CALL, "a)"),
        (CALL, "a, b=1)"),
        (TRIED, "a)"),
        ("print(‸)\n", "x, y"),
        ('x = "‸"\n', "anything ("),
        ('"""A module.\n"""\nfrom m import ‸\n', "a"),
        ("from __future__ import ‸\n", "annotations"),
        ("%matplotlib inline\n‸\n", "await x"),
        ("‸\n", "%timeit f()"),
        ("x = = ‸\n", "1"),  # the user's own error
        ("return ‸\n", "1"),
        ("def f(:\n    ‸\n", "return 1"),
        ("print 'of Python 2'\n‸\n", "y = 1"),
        ("‸\n", "x = 'a\0b'"),
    ],
)
def test_right_text_is_sound(document: str, text: str) -> None:
    assert judged("python", document, text) == (text, "")


@pytest.mark.parametrize(
    ("document", "text", "says"),
    [
        (METHOD, "from m import a.b", "invalid syntax"),
        (METHOD, "import a as b.c", ""),
        (METHOD, "from m import *", "import * only allowed at module level"),
        (METHOD, "except E:", ""),
        (METHOD, "except E:\n            pass", ""),
        (METHOD, "elif c:", ""),
        (METHOD, "else:", ""),
        (METHOD, "finally:\n            pass", ""),
        (METHOD, "case 1:\n            pass", ""),
        (METHOD, "break", "'break' outside loop"),
        (METHOD, "continue", "'continue' not properly in loop"),
        (METHOD, "await c", "'await' outside async function"),
        (METHOD, "async with c: pass", "'async with' outside async function"),
        (METHOD, "x = f'{c", "string"),
        (METHOD, "x = f'{c}", "string"),
        (METHOD, "x = 'c", "string"),
        (METHOD, "x = f(a=1, a=2)", "keyword argument repeated"),
        (METHOD, "f(a=1, 2)", "positional argument follows keyword argument"),
        (METHOD, "f(**a, *b)", "iterable argument unpacking follows keyword argument unpacking"),
        (METHOD, "global c", "assigned to before global declaration"),
        (METHOD, "nonlocal q", "no binding for nonlocal"),
        (METHOD, "def g(x, x): ...", "duplicate argument"),
        (METHOD, "def g(x=1, y): ...", ""),
        (METHOD, "f() = 1", "cannot assign"),
        (METHOD, "del f()", "cannot delete"),
        (METHOD, "print c", "Missing parentheses"),
        (METHOD, "x = [y for", "never closed"),
        (METHOD, "foo(c", "never closed"),
        (METHOD, "if c", "expected ':'"),
        (METHOD, "c))", "unmatched"),
        (TOP, "return 1", "'return' outside function"),
        (TOP, "yield 1", "'yield' outside function"),
        (TOP, "from __future__ import anotations", ""),
        ("x = 1\n‸\n", "from __future__ import annotations", "beginning of the file"),
        ("class A:\n    ‸\n", "return 1", "'return' outside function"),
        (IMPORT, "etree.ElementInclude", "invalid syntax"),
        (IMPORT, "a,", "trailing comma"),
        ('"""A module.\n"""\nfrom m import ‸\n', "a.b", "invalid syntax"),
        (F_STRING, "a}", "string"),
        (F_STRING, "a", "string"),
        (F_STRING, "a.b} and so on", "string"),
        (CALL, "a", "never closed"),
        (CALL, "a))", "unmatched"),
        (TRIED, "a", "never closed"),
        ("x = g((y for ‸\n", "y in z))))", "unmatched"),
        ('warn(\n    f"{‸\n    B,\n)\n', "a}", "string"),
    ],
)
def test_what_python_refuses_is_withheld_with_its_reason(document: str, text: str, says: str) -> None:
    kept, objection = judged("python", document, text)
    assert kept == ""
    assert objection
    assert says in objection


@pytest.mark.parametrize(
    ("document", "text", "kept"),
    [
        (METHOD, "d = 1\n        except E:", "d = 1"),
        (METHOD, "d = 1\n        foo(", "d = 1"),
        (METHOD, "d = 1\n        e = 2\n        continue\n        f = 1", "d = 1\n        e = 2"),
        (METHOD, "if c:\n            d = 1\n            x = f'{d", "if c:\n            d = 1"),
        (METHOD, "if c:\n            x = f'{d", ""),  # a header alone is not whole
        (METHOD, "d = [\n            1,\n            2", ""),
        (F_STRING, 'a}"\n    from m import a.b', 'a}"'),
    ],
)
def test_a_text_is_cut_behind_its_last_sound_line(document: str, text: str, kept: str) -> None:
    found, objection = judged("python", document, text)
    assert found == kept
    assert objection


@pytest.mark.parametrize(
    ("document", "text", "kept"),
    [
        (CALL, "a, [b", "a, [b"),
        (METHOD, "foo(", "foo("),
        (METHOD, "foo(c,  # always", "foo(c,  # always"),
        (METHOD, "if (c and", "if (c and"),
        (METHOD, "if c == 1", "if c == 1"),
        (METHOD, "for each", "for each"),
        (LONG_STRING, "Nothing is written", "Nothing is written"),
        (F_STRING, "a} and", ""),  # nothing may follow in the next line
        (METHOD, "foo(c))", ""),
    ],
)
def test_a_text_that_was_cut_short_may_leave_brackets_open(document: str, text: str, kept: str) -> None:
    assert judged("python", document, text, "length")[0] == kept


JAVA = "class A {\n  void f() {\n    ‸\n  }\n}\n"
SCRIPT = "function f(a) {\n  ‸\n}\n"
C = "int f(int a) {\n  ‸\n}\n"
GO = "package a\n\nfunc f(a int) {\n\t‸\n}\n"
RUST = "fn f(a: i32) {\n    ‸\n}\n"


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("java", JAVA, "int x = 1;", "int x = 1;"),
        ("java", JAVA, "int x = 1", "int x = 1"),
        ("java", JAVA, "if (x) {", "if (x) {"),
        ("java", JAVA, "if (x) {\n      y();", "if (x) {\n      y();"),
        ("java", JAVA, "}", ""),
        ("java", JAVA, 'x = "a;', ""),
        ("java", JAVA, "x = 1;\n    y = (;", "x = 1;"),
        ("java", JAVA.replace("‸", "‸\n    z = = (;"), "y = (;", "y = (;"),  # not in order before
        ("javascript", SCRIPT, "return a + 1", "return a + 1"),
        ("javascript", SCRIPT, "return a +* 1", ""),
        ("javascript", SCRIPT, "const x = `a", ""),
        ("javascript", "const x = `a\n‸\n", "b (", "b ("),  # a string of several lines
        ("javascriptreact", SCRIPT, "return <b>{a}</b>", "return <b>{a}</b>"),
        ("typescript", SCRIPT, "const x: number = a", "const x: number = a"),
        ("typescript", SCRIPT, "const x: = a", ""),
        ("typescriptreact", SCRIPT, "return <b>{a}</b>", "return <b>{a}</b>"),
        ("go", GO, "if a > 0 {\n\t\treturn\n\t}", "if a > 0 {\n\t\treturn\n\t}"),
        ("go", GO, "x := [)", ""),
        ("rust", RUST, "let x = a;", "let x = a;"),
        ("rust", RUST, "let x = (;", ""),
        ("c", C, "return a;", "return a;"),
        ("c", C, "return (a;", ""),
        ("c", C, "FOR_EACH(x) y();", "FOR_EACH(x) y();"),  # a macro may be anything
        ("cpp", "EXPORT_AP‸\nint x;\n", "I std::size f(", "I std::size f("),
        ("cpp", C, "return (a;", ""),
        ("csharp", JAVA, "int x = (1;", ""),
        ("csharp", JAVA, "int x = 1;", "int x = 1;"),
        ("java", "class A {\n  /* ‸\n", "isn't (", "isn't ("),
        ("plaintext", "‸\n", "((", "(("),
    ],
)
def test_other_languages_are_judged_by_their_grammar(
    language: str, document: str, text: str, kept: str
) -> None:
    found, objection = judged(language, document, text)
    assert found == kept
    assert bool(objection) is (found != text)


def test_errors_elsewhere_in_the_file_do_not_count() -> None:
    document = METHOD + "\n\ndef h(:\n    pass\n"
    assert judged("python", document, "d = 1") == ("d = 1", "")
    assert judged("python", document, "except E:")[0] == ""


def test_hostile_nesting_is_no_error_of_the_check() -> None:
    text = "x = " + "(" * 50_000
    assert judged("python", METHOD, text)[0] in ("", text)


def test_what_cannot_be_told_in_time_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_time, "SECONDS_MAX", 0.0)
    assert judged("python", CALL, "a") == ("a", "")
