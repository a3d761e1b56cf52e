"""What the syntax of the document says of finished completions: copies of definitions, and broken ones."""

import pytest
from holesmith.completion.answer import Completion
from holesmith.completion.options import Options
from holesmith.completion.postprocess.soundness import DEFINED_BELOW, breaks_more, repeats_definition
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot

from tests.fakes import FakeEngine


def completed(language: str, document: str, text: str) -> tuple[Completion, Snapshot]:
    before, behind = document.split("‸")
    snapshot = Snapshot("/shop/a", language, before + behind, len(before), invoked=True)
    return Completion(text, len(before), len(before), 0.5), snapshot


PYTHON_COPY = "def most(self):\n        return max(self)"
JAVA_COPY = "int most() {\n    return 1;\n  }"


@pytest.mark.parametrize(
    ("language", "document", "text", "expected"),
    [
        ("python", f"class A:\n    ‸\n\n    def x(self): ...\n\n    {PYTHON_COPY}\n", PYTHON_COPY, True),
        ("python", f"class A:\n    ‸\n\n    x = 1\n\n\nclass B:\n    {PYTHON_COPY}\n", PYTHON_COPY, False),
        ("python", f"class A:\n    ‸\n\n    x = 1\n\n    {PYTHON_COPY} + 1\n", PYTHON_COPY, False),
        (
            "python",
            "def f(x):\n    ‸\n    g()\n    if x:\n        return 1\n",
            "if x:\n        return 1",
            False,
        ),
        ("python", "‸\n\n\ndef f(): return 1\n", "def f(): return 1", False),  # a line: cut elsewhere
        ("java", f"class A {{\n  ‸\n\n  int x;\n\n  {JAVA_COPY}\n}}\n", JAVA_COPY, True),
        ("java", f"class A {{\n  ‸\n}}\nclass B {{\n  {JAVA_COPY}\n}}\n", JAVA_COPY, False),
        ("go", "func f() {\n\t‸\n\tx()\n\tif e {\n\t\treturn\n\t}\n}\n", "if e {\n\t\treturn\n\t}", False),
        ("plaintext", "‸\n\na b\nc d\n", "a b\nc d", False),
    ],
)
def test_a_copy_of_a_definition_below_is_told(
    language: str, document: str, text: str, *, expected: bool
) -> None:
    assert repeats_definition(*completed(language, document, text)) is expected


CSHARP = "class A {\n  void F() {\n    ‸\n  }\n}\n"


@pytest.mark.parametrize(
    ("language", "document", "first", "other", "expected"),
    [
        ("csharp", CSHARP, "x = 1;", "which", True),
        ("csharp", CSHARP, "x = 1;", "y(2);", False),
        ("csharp", CSHARP, "which", "what", False),
        ("csharp", CSHARP, "x = 1;", "if (x) {", False),
        ("python", "def f():\n    ‸\n", "return 1", "return 1 2", True),
        ("python", "def f(:\n    ‸\n", "return 1", "return 2", False),
        ("python", "if f(‸)\n", "x", "x, y", False),
        ("plaintext", "‸", "x", "((", False),
    ],
)
def test_an_alternative_may_not_parse_worse_than_the_first(
    language: str, document: str, first: str, other: str, *, expected: bool
) -> None:
    shown, snapshot = completed(language, document, first)
    worse, _ = completed(language, document, other)
    assert breaks_more(worse, shown, snapshot) is expected


async def answers(language: str, document: str, first: str, *others: str) -> tuple[list[str], str]:
    engine = FakeEngine(first)
    engine.others = others
    service = Service(Options(candidates_max=3), loader=lambda options, progress: engine)
    await service.load()
    answer = await service.complete(completed(language, document, "")[1])
    shown = (answer.completion, *answer.alternatives) if answer.completion else ()
    return [each.text for each in shown], answer.reason


async def test_others_that_are_not_sound_give_way_to_further_ones() -> None:
    document = f"class A {{\n  void f() {{\n    ‸\n  }}\n\n  int x;\n\n  {JAVA_COPY}\n}}\n"
    texts, _ = await answers("java", document, "x = 1;\n", "which\n", "y = 2;\n", "z = 3;\n")
    assert texts == ["x = 1;", "y = 2;", "z = 3;"]


async def test_a_copy_of_a_method_below_is_not_shown() -> None:
    document = f"class A:\n    ‸\n\n    def x(self): ...\n\n    {PYTHON_COPY}\n"
    assert await answers("python", document, PYTHON_COPY + "\n\n    def") == ([], DEFINED_BELOW)
    texts, _ = await answers(
        "python", document, "x = 1\n\n    def", PYTHON_COPY + "\n\n    def", "y = 2\n\n    def"
    )
    assert texts == ["x = 1", "y = 2"]
