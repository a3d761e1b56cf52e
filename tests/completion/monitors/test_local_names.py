"""What the document itself settles is not asked, and what it leaves open is."""

import pytest
from holesmith.completion.guidance.question_cache import Document, Inquiry
from holesmith.completion.monitors.doubt import doubt_of
from holesmith.completion.monitors.local_names import Nearby, bound_at_margin, positional_arguments
from holesmith.completion.monitors.triggers import surroundings_of

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


def doubts(generated: str) -> list[tuple[str, str, str]]:
    before, after = FILE.split("‸")
    surroundings = surroundings_of("python", before)
    nearby = Nearby(before, after)
    statement = surroundings.statement
    return [
        (trigger.kind, generated[trigger.start :], doubt_of(trigger, statement, generated, nearby))
        for trigger in surroundings.triggers(generated, 0)
    ]


@pytest.mark.parametrize(
    ("generated", "doubt"),
    [
        ("Cart\n", "none"),
        ("settle\n", "none"),
        ("op\n", "none"),
        ("sys\n", "none"),
        ("LIMIT\n", "none"),
        ("later\n", "none"),
        ("other\n", "none"),
        ("len\n", "none"),
        ("None\n", "none"),
        ("pay\n", "now"),
        ("join\n", "now"),
        ("drawer\n", "now"),
        ("invented\n", "now"),
        ("inven", "now"),
        ("Ca", "later"),
        ("Car\n", "now"),
    ],
)
def test_a_name(generated: str, doubt: str) -> None:
    assert doubts(generated)[0] == ("name", generated, doubt)


@pytest.mark.parametrize(
    ("generated", "doubt"),
    [
        ("self.drawer\n", "none"),
        ("self.draw", "later"),
        ("self.draw\n", "now"),
        ("self.drawer.key\n", "none"),
        ("self.drawer.lock\n", "now"),
        ("other.total\n", "none"),
        ("other.", "later"),
        ("sys.", "now"),
        ("f(self).drawer\n", "now"),
    ],
)
def test_a_member(generated: str, doubt: str) -> None:
    kind, _, found = [each for each in doubts(generated) if each[0] == "member"][-1]
    assert (kind, found) == ("member", doubt)


@pytest.mark.parametrize(
    ("generated", "kind", "doubt"),
    [
        ("Cart(1", "argument", "none"),
        ("Cart(1, 2", "argument", "none"),
        ("Cart(1, 2, 3", "argument", "now"),
        ("print(1", "argument", "none"),
        ("later(1", "argument", "now"),
        ("other.total(sum=1", "keyword", "none"),
        ("other.total(add=1", "keyword", "now"),
        ("settle('read'", "literal", "now"),
        ("settle('rea", "literal", "later"),
        ("settle('Something that reads, like a sentence; no value'", "literal", "none"),
    ],
)
def test_calls(generated: str, kind: str, doubt: str) -> None:
    assert [found for each, _, found in doubts(generated) if each == kind][-1] == doubt


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
    inquiry = Inquiry(Document(None, "python", "", "\n"), "", TableAnalyst(1), 100)
    text = "from shop import (\n    Cart,\n    pay as settle,\n    Desk\n"
    triggers = [each for each in surroundings_of("python", "").triggers(text, 0) if each.kind == "import"]
    nearby = Nearby("", "")
    asked = [trigger for trigger in triggers if doubt_of(trigger, "", text, nearby) == "now"]
    for trigger in asked:
        await inquiry.ask(trigger, text)
    words = [text[each.start :].split()[0].strip(",") for each in asked]
    assert words == ["shop", "(", "Cart", "pay", "Desk"]
    assert inquiry.count == 2
    inquiry.close()
