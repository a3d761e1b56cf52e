"""What the document itself settles is not asked, and what it leaves open is."""

import pytest
from holesmith.completion.guidance.question_cache import QuestionCache
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.local_names import LocalNames, bound_at_margin, positional_arguments
from holesmith.completion.monitors.registry import MONITOR_OF, triggers_in
from holesmith.completion.monitors.statement import statement_before

from tests.completion.chatter import TableAnalyst

FILE = """import os.path as op, sys
from shop import (
    Cart,
    pay as settle,  # a comment
)

LIMIT: int = 3
count = 1


class Desk:
    def open(self):
        self.drawer = Cart(1, 2)
        self.drawer.key = op.join("a", "b")
        other = Cart()
        other.total(1, sum=2)
        return ‸

    def close(self): ...


def later(): ...
"""


def settlements(generated: str) -> list[tuple[str, str, str]]:
    before, after = FILE.split("‸")
    document = Document(None, "python", before, after)
    statement, names = statement_before(document), LocalNames(document)
    return [
        (
            trigger.kind,
            generated[trigger.start :],
            MONITOR_OF[trigger.kind].settled(trigger, statement.text, generated, names),
        )
        for trigger in triggers_in(statement, generated, 0)
    ]


@pytest.mark.parametrize(
    ("generated", "expected"),
    [
        ("Cart\n", "yes"),
        ("settle\n", "yes"),
        ("op\n", "yes"),
        ("sys\n", "yes"),
        ("LIMIT\n", "yes"),
        ("later\n", "yes"),
        ("other\n", "yes"),
        ("len\n", "yes"),
        ("None\n", "yes"),
        ("pay\n", "ask"),
        ("join\n", "ask"),
        ("drawer\n", "ask"),
        ("invented\n", "ask"),
        ("inven", "ask"),
        ("Ca", "wait"),
        ("Car\n", "ask"),
    ],
)
def test_a_name(generated: str, expected: str) -> None:
    assert settlements(generated)[0] == ("name", generated, expected)


@pytest.mark.parametrize(
    ("generated", "expected"),
    [
        ("self.drawer\n", "yes"),
        ("self.draw", "wait"),
        ("self.draw\n", "ask"),
        ("self.drawer.key\n", "yes"),
        ("self.drawer.lock\n", "ask"),
        ("other.total\n", "yes"),
        ("other.", "wait"),
        ("sys.", "ask"),
        ("f(self).drawer\n", "ask"),
    ],
)
def test_a_member(generated: str, expected: str) -> None:
    kind, _, found = [each for each in settlements(generated) if each[0] == "member"][-1]
    assert (kind, found) == ("member", expected)


@pytest.mark.parametrize(
    ("generated", "kind", "expected"),
    [
        ("Cart(1", "argument", "yes"),
        ("Cart(1, 2", "argument", "yes"),
        ("Cart(1, 2, 3", "argument", "ask"),
        ("print(1", "argument", "yes"),
        ("later(1", "argument", "ask"),
        ("other.total(sum=1", "keyword", "yes"),
        ("other.total(add=1", "keyword", "ask"),
        ("settle('read'", "literal", "ask"),
        ("settle('rea", "literal", "wait"),
        ("settle('Something that reads, like a sentence; no value'", "literal", "yes"),
    ],
)
def test_calls(generated: str, kind: str, expected: str) -> None:
    assert [found for each, _, found in settlements(generated) if each == kind][-1] == expected


def test_what_the_margin_binds() -> None:
    assert bound_at_margin(FILE) == {"op", "sys", "Cart", "settle", "LIMIT", "count", "Desk", "later"}
    assert bound_at_margin("import a.b, c\nx == 1\nasync def f(): ...\n    y = 1\n") == {"a", "c", "f"}


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (")", 0),
        ("a)", 1),
        ("a, g(b, c), [d, e])", 3),
        ("a, b=c)", 1),
        ("a == b)", 1),
        ("a,\n  b,\n)", 2),
        ("*a, b)", 0),
        ("lambda a, b: c, d)", 0),
        ("')', a)", 0),
        ("a, b", 0),
    ],
)
def test_how_many_arguments_a_call_has(arguments: str, count: int) -> None:
    assert positional_arguments(f"f({arguments}", 2) == count


async def test_the_names_of_an_import_share_a_question() -> None:
    document = Document(None, "python", "", "\n")
    questions = QuestionCache(document, "", TableAnalyst(1), 100)
    text = "from shop import (\n    Cart,\n    pay as settle,\n    Desk\n"
    triggers = triggers_in(statement_before(document), text, 0)
    asked = [trigger for trigger in triggers if trigger.kind == "import"]
    for trigger in asked:
        await questions.ask(trigger, text)
    words = [text[each.start :].split()[0].strip(",") for each in asked]
    assert words == ["shop", "(", "Cart", "pay", "Desk"]
    assert questions.count == 2
    questions.close()
