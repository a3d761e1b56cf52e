"""Brackets and quotes that the editor closed by itself behind the cursor: what follows them is kept.

``‸`` is the cursor; the third column is the document when the completion was taken, or None for none.
"""

import pytest
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

# Without the check of the syntax: some of these texts are no statements of the language.
OPTIONS = Options(tokens_max=120, check_ms_max=0.0)

PYTHON = [
    ("if isinstance(scope, ‸)\n", "BaseScope):\n    x", "if isinstance(scope, BaseScope):\n"),
    ("for key in sorted(self._cache‸)\n", ".keys()):\n", "for key in sorted(self._cache.keys()):\n"),
    ("def inner(x‸)\n", ", y) -> int:\n    return", "def inner(x, y) -> int:\n"),
    ("while not (‸)\n", "a and b):\n", "while not (a and b):\n"),
    ("if a and (‸)\n", "b or c):\n", "if a and (b or c):\n"),
    ("x = (a and (‸))\n", "b or c)).d\n", "x = (a and (b or c)).d\n"),
    ("x = f(g(‸))\n", "a).b\n", "x = f(g(a).b)\n"),
    ("x = f(g(‸)\n", "a)).b\n", "x = f(g(a)).b\n"),
    ("x = [‸]\n", "a for a in b][0]\n", "x = [a for a in b][0]\n"),
    ('with open("‸")\n', 'a.txt") as file:\n', 'with open("a.txt") as file:\n'),
    ('x = f("‸")\n', 'a", b)\ny', 'x = f("a", b)\n'),
    ('x = "‸"\n', 'a" + b\ny', 'x = "a" + b\n'),
    # Over several lines, as long as the bracket is open.
    ("x = f(‸)\ny = 1\n", "\n    a,\n    b,\n)\ny = 1", "x = f(\n    a,\n    b,\n)\ny = 1\n"),
    ("x = f(‸)\n", "\n    a,\n    b\n).c\nz", "x = f(\n    a,\n    b\n).c\n"),
    # The model need not close what is closed.
    ("f(‸)\n", "a, b", "f(a, b)\n"),
    ("f(‸)\n", "a, b)\ng()", "f(a, b)\n"),
    ("f(‸)\n", "a, b\nfor x in y:", "f(a, b)\n"),
    ("f(‸)\n", "a, b\nfoo()", "f(a, b)\n"),
    ("f(‸)\n", "a, [b]\nand", "f(a, [b]\nand)\n"),
    # The user, or the editor, has gone on behind it.
    ("if f(‸):\n    pass\n", "a):\n    pass", "if f(a):\n    pass\n"),
    ("if f(‸):\n    pass\n", "a) and b:\n    pass", "if f(a) and b:\n    pass\n"),
    ("if f(‸):\n    pass\n", "a).b\n", "if f(a):\n    pass\n"),
    ("    f(‸),\n", "a).b,\n", "    f(a).b,\n"),
    ("x = f(‸) + 1\n", "a).b\n", "x = f(a) + 1\n"),
    ("x = f(‸, 1)\n", "a).b\n", "x = f(a, 1)\n"),
    ("x = f(‸) or g(2)\n", "a, b)", "x = f(a, b) or g(2)\n"),
    ("x = f'{a‸}'\n", ".b}: {c}'\n", "x = f'{a.b}'\n"),
    ("x = f'{a(‸)}'\n", "b).c}'\n", "x = f'{a(b)}'\n"),
    ('def f():\n    """Say ‸"""\n', 'it."""\n    x = 1', 'def f():\n    """Say it."""\n'),
    # A bracket that closes another one than the innermost does not take the editor's away.
    ("f([‸])\n", ")", None),
    ("f([‸])\n", "a)", "f([a])\n"),
    ("f({'a': [b‸]})\n", "\n})", None),
    # A comment in front of the closers would comment them out.
    ("print(self._get(    ‸))\n", "# noqa: SLF001))\nx", None),
    ("print(self._get(‸))\n", "a  # noqa: SLF001))\nx", "print(self._get(a))\n"),
    ("print(self._get(‸))\n", "a))  # noqa: SLF001\nx", "print(self._get(a))  # noqa: SLF001\n"),
    ("x = f(‸) + 1\n", "a  # b\n", "x = f(a) + 1\n"),
    ("f(‸)\n", "\n    # first\n    a,\n)\n", "f(\n    # first\n    a,\n)\n"),
]

OTHERS = [
    (
        "rust",
        "a.and_then(‸)\n",
        "|token| {\n    token.id()\n})?;\nb",
        "a.and_then(|token| {\n    token.id()\n})?;\n",
    ),
    ("rust", "a.and_then(‸);\n", "|token| token.id());", "a.and_then(|token| token.id());\n"),
    ("rust", "fn f(‸)\n", "x: u8) -> u8 {\n", "fn f(x: u8) -> u8 {\n"),
    ("typescript", "a.then(‸)\n", "b => {\n  c(b);\n}).d();\n", "a.then(b => {\n  c(b);\n}).d();\n"),
    ("typescript", "a.then(‸);\n", "b => {\n  c(b);\n});\nd", "a.then(b => {\n  c(b);\n});\n"),
    ("typescriptreact", "f(‸)\n", "a: number): string {\n", "f(a: number): string {\n"),
    ("javascript", "if (‸) {\n}\n", "a > b) {\n", "if (a > b) {\n}\n"),
    ("javascript", "f({‸})\n", " a: 1 });\n", "f({ a: 1 });\n"),
    ("javascriptreact", "const [‸]\n", "a, b] = f();\n", "const [a, b] = f();\n"),
    ("javascript", "x = `${a‸}`\n", ".b} c`;\n", "x = `${a.b}`\n"),
    ("go", "func f(‸) {\n}\n", "a int) error {\n", "func f(a int) error {\n}\n"),
    ("go", "if err := f(‸)\n", "a); err != nil {\n", "if err := f(a); err != nil {\n"),
    (
        "java",
        "class A {\n void f() {\n  g(‸)\n }\n}\n",
        "a).h();\n",
        "class A {\n void f() {\n  g(a).h();\n }\n}\n",
    ),
    ("java", "g(‸);\n", "a).h();\n", "g(a).h();\n"),
    ("java", "g(‸);\n", "a).h()\n", "g(a);\n"),
    ("csharp", "foreach (‸)\n", "var a in b)\n{", "foreach (var a in b)\n"),
    ("csharp", 'Log("‸")\n', 'a", b);\n', 'Log("a", b);\n'),
    ("c", "for (‸)\n", "int i = 0; i < n; i++) {\n", "for (int i = 0; i < n; i++) {\n"),
    ("c", "int a[‸]\n", "3] = {1};\n", "int a[3] = {1};\n"),
    (
        "cpp",
        "std::sort(‸);\n",
        "a.begin(), a.end(), [](int x) {\n  return x;\n});\nb",
        "std::sort(a.begin(), a.end(), [](int x) {\n  return x;\n});\n",
    ),
]


async def taken(language: str, document: str, written: str) -> str | None:
    prefix, suffix = document.split("‸")
    text = prefix + suffix
    snapshot = Snapshot("/shop/a", language, text, len(prefix), workspace="/shop", invoked=True)
    engine = FakeEngine(written)
    answer = await Completer(engine, template_for(engine.vocabulary)).complete(snapshot, OPTIONS)
    completion = answer.completion
    if completion is None:
        assert answer.reason
        return None
    line_end = len(prefix) + len(suffix.split("\n")[0])
    assert completion.start <= len(prefix) <= completion.stop <= line_end
    return snapshot.text[: completion.start] + completion.text + snapshot.text[completion.stop :]


@pytest.mark.parametrize(
    ("language", "document", "written", "expected"), [*(("python", *row) for row in PYTHON), *OTHERS]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_what_follows_the_brackets_is_kept_and_nothing_is_doubled_or_lost(
    language: str, document: str, written: str, expected: str | None, line_end: str
) -> None:
    document, written = document.replace("\n", line_end), written.replace("\n", line_end)
    expected = expected and expected.replace("\n", line_end)
    assert await taken(language, document, written) == expected


@pytest.mark.parametrize(
    ("document", "written", "expected"),
    [
        ("total = compute_‸tax(price)\n", "tax(price, rate)\n", None),
        ("total = compute_‸tax(price)\n", "tax(price)\n", None),
        ("total = compute_‸tax(price)\n", "interest(price)\n", "total = compute_interest(price)\n"),
        ("total = compute_‸tax(price)\n", "interest\n", "total = compute_interest(price)\n"),
        ("total = compute_‸tax\n", "tax(price, rate)\n", "total = compute_tax(price, rate)\n"),
        ("f(compute_‸tax)\n", "tax(price, rate))\n", "f(compute_tax(price, rate))\n"),
        ("f(compute_‸tax)\n", "tax, 1)\n", "f(compute_tax, 1)\n"),
        ("x = compute_‸tax + 1\n", "tax(price) + 1\n", "x = compute_tax(price) + 1\n"),
        ("x = compute_‸tax + 1\n", "tax(price) * 2\n", None),
    ],
)
async def test_inside_a_word_its_rest_does_not_come_twice(
    document: str, written: str, expected: str | None
) -> None:
    assert await taken("python", document, written) == expected
