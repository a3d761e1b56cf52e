"""Completions that the limit of tokens cuts short, and prose, which could be worded in many right ways."""

from dataclasses import replace

import pytest
from holesmith.analysis.syntax.prose import prose_in
from holesmith.analysis.syntax.stops import stops_at
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

OPTIONS = Options(tokens_max=40)  # the vocabulary of the fake engine has a token for each byte


async def shown(language: str, document: str, written: str, options: Options = OPTIONS) -> str | None:
    prefix, suffix = document.split("‸")
    snapshot = Snapshot("/shop/a", language, prefix + suffix, len(prefix), workspace="/shop")
    engine = FakeEngine(written)
    answer = await Completer(engine, template_for(engine.vocabulary)).complete(snapshot, options)
    assert answer.completion or answer.reason
    return answer.completion and answer.completion.text


@pytest.mark.parametrize(
    ("language", "document", "written", "expected"),
    [
        (
            "java",
            "void f() {\n  ‸\n}\n",
            "int a = 1;\n  while (i >= 0) {\n    int b = 2;\n  }\n",
            "int a = 1;",
        ),
        ("java", "void f() {\n  ‸\n}\n", "while (i >= 0) {\n    int b = 2;\n    int c;\n  }\n", None),
        ("rust", "let a = b.and_then(‸)\n", "|token| {\n    let name = token.name();\n    name\n})", None),
        ("rust", "let a = b.map(‸)\n", "first, second, |token| token.wrap(1, 2, 3, 4)", "first, second"),
        (
            "python",
            "def f():\n    ‸\n",
            "x = 1\n    for y in z:\n        for w in y:\n            v",
            "x = 1",
        ),
        ("python", "x = ‸\n", "function(argument, another_argument, a_third)\n", None),
        (
            "python",
            "x = ‸\n",
            "one.two.three.four.five.six.seven.eight.nine\n",
            "one.two.three.four.five.six.seven.eight.",
        ),
        ("python", "f(‸\n", "first, [second, third, fourth, fifth, sixth])\n", "first"),
    ],
)
async def test_the_limit_of_tokens_leaves_nothing_open(
    language: str, document: str, written: str, expected: str | None
) -> None:
    assert await shown(language, document, written) == expected


DOCSTRING = '"""Say what it gives."""'
BODY = "x = 1\n    y = 2\n    return x + y + x"


@pytest.mark.parametrize(
    ("document", "written"),
    [
        ("def f():\n    ‸\n", f"{DOCSTRING}\n    {BODY}\n\n\ng()"),
        ("‸\n", f"def f():\n    {DOCSTRING}\n    {BODY}\n\n\ng()"),
    ],
)
async def test_a_docstring_takes_no_tokens_from_the_code_behind_it(document: str, written: str) -> None:
    options = replace(OPTIONS, tokens_max=60)
    assert await shown("python", document, written, options) == written.removesuffix("\n\n\ng()")
    without = written.replace(DOCSTRING, "a = 1\n    b = 2\n    cc = 3")
    assert await shown("python", document, without, options) != without.removesuffix("\n\n\ng()")


@pytest.mark.parametrize("line", ["And on.", "And on {number}."])
async def test_a_docstring_without_end_is_not_shown(line: str) -> None:
    lines = "".join(f"    {line.format(number=number)}\n" for number in range(100))
    assert await shown("python", "def f():\n    ‸\n", f'"""Say it.\n\n{lines}') is None


@pytest.mark.parametrize(
    ("language", "prefix", "middle", "prose"),
    [
        ("python", "def f():\n    ", '"""A."""\n    x = 1  # b\n', ['"""A."""', "# b"]),
        ("python", "", 'def f():\n    r"""A.\n    """\n    return "b"', ['r"""A.\n    """']),
        ("python", "x = ", '"""a"""\n', []),
        ("python", "def f():\n    x(", '"""a""")\n', []),
        ("python", "# a ", "b\nx = 1", ["b"]),
        ("python", 'def f():\n    """A ', 'b."""\n    x', ['b."""']),
        ("python", 'x = open("a', 'b")', []),
        ("java", "", "/** a */\nint b; // c", ["/** a */", "// c"]),
        ("go", "", "// A b\nfunc", ["// A b"]),
    ],
)
def test_prose_is_comments_and_docstrings(language: str, prefix: str, middle: str, prose: list[str]) -> None:
    spans = prose_in(stops_at(language, prefix, "").frame, middle)
    assert [span.of(middle) for span in spans] == prose
