"""What each source finds for a hole, in a small shop."""

import os
from pathlib import Path

import pytest
from holesmith.context.request import Fact, RecentEdit, Revision

from tests.context.repository import Repository, make_repository

CART = '''"""The cart."""


class Cart(Base):
    """Holds items."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def add_item(self, item: Item, count: int = 1) -> None:
        """Put an item in."""
        self.items.append((item, count))


def checkout_total(cart: Cart, tax_rate: float) -> float:
    """What is to be paid."""
    subtotal = sum(item.price for item in cart.items)
    return subtotal * (1 + tax_rate)


def unused_helper() -> None: ...
'''
REPORT = """from shop.cart import checkout_total


def print_report(cart, tax_rate):
    subtotal = sum(item.price for item in cart.items)
    grand_total = subtotal * (1 + tax_rate)
    print(grand_total)
    checkout_total(cart, tax_rate)
"""
BASE = "class Base:\n    def identify(self) -> str: ...\n    name: str = ''\n"
JAVA = """package shop;
public class Till {
  public int open(String key) { return 1; }
  private int cash;
}
"""
FILES = {
    "shop/cart.py": CART,
    "shop/report.py": REPORT,
    "shop/base.py": BASE,
    "shop/java/Till.java": JAVA,
    ".holesmith/instructions.md": "Write short functions.\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


def test_imports_give_the_api_of_what_is_used_at_the_hole(repository: Repository) -> None:
    document = "from shop.cart import Cart, checkout_total\n\n\nbasket = Cart('me')\nbasket.<CURSOR>\n"
    first, second = repository.snippets("imports", "shop/main.py", document)
    assert first.text == (
        'class Cart(Base):\n    """Holds items."""\n    def __init__(self, owner: str) -> None: ...\n'
        "    self.owner = owner\n    def add_item(self, item: Item, count: int = 1) -> None:\n"
        '        """Put an item in."""'
    )
    assert (first.path, first.score) == ("shop/cart.py", 1.0)
    assert second.text.startswith("def checkout_total(cart: Cart, tax_rate: float) -> float:")
    assert second.score < first.score


def test_imports_of_a_module_give_its_public_definitions(repository: Repository) -> None:
    found = repository.snippets("imports", "shop/main.py", "from . import cart\ncart.<CURSOR>\n")
    assert {snippet.text.split("(")[0] for snippet in found} == {
        "class Cart",
        "def checkout_total",
        "def unused_helper",
    }


def test_imports_of_java(repository: Repository) -> None:
    document = "import shop.java.Till;\nclass A { void f(Till till) {\n    till.<CURSOR>\n} }\n"
    (snippet,) = repository.snippets("imports", "shop/java/A.java", document)
    assert snippet.text == ("public class Till {\n    public int open(String key);\n    private int cash\n}")
    assert snippet.score == 1.0


def test_types_of_the_same_package_need_no_import(repository: Repository) -> None:
    document = "package shop;\nclass A { void f() {\n    Till till = new Till();\n    till.<CURSOR>\n} }\n"
    (snippet,) = repository.snippets("imports", "shop/java/A.java", document)
    assert (snippet.path, snippet.score) == ("shop/java/Till.java", 1.0)


def test_a_class_far_above_in_the_same_file_is_known(repository: Repository) -> None:
    document = "class Far:\n    def near(self): pass\n" + "# filler\n" * 60 + "far = Far()\nfar.<CURSOR>\n"
    (snippet,) = repository.snippets("imports", "a.py", document)
    assert snippet.text == "class Far:\n    def near(self): ..."


def test_bm25_finds_the_chunks_with_the_words_at_the_hole(repository: Repository) -> None:
    found = repository.snippets("bm25", "shop/new.py", "def f(cart, tax_rate):\n    subtotal = <CURSOR>\n")
    assert {snippet.path for snippet in found} <= {"shop/cart.py", "shop/report.py"}
    assert found[0].score == 1.0


def test_similar_finds_the_lines_like_those_before_the_hole_and_what_follows(repository: Repository) -> None:
    document = (
        "def show(cart, tax_rate):\n    subtotal = sum(item.price for item in cart.items)\n    <CURSOR>\n"
    )
    found = repository.snippets("similar", "shop/new.py", document)
    assert found[0].path == "shop/report.py"
    assert "grand_total" in found[0].text


def test_similar_finds_what_is_far_away_in_the_same_file(repository: Repository) -> None:
    far = "def one(alpha, beta):\n    gamma = alpha + beta\n    return gamma\n" + "# filler\n" * 60
    document = far + "def two(alpha, beta):\n    gamma = <CURSOR>\n"
    found = repository.snippets("similar", "shop/new.py", document)
    assert found[0].path == "shop/new.py"
    assert "return gamma" in found[0].text


def test_callees_are_known_by_their_signature(repository: Repository) -> None:
    (snippet,) = repository.snippets("callees", "shop/new.py", "total = checkout_total(<CURSOR>)\n")
    assert snippet.text.startswith("def checkout_total(cart: Cart, tax_rate: float) -> float:")


def test_callers_show_how_the_function_around_the_hole_is_used(repository: Repository) -> None:
    document = "def checkout_total(cart, tax_rate):\n    <CURSOR>\n"
    (snippet,) = repository.snippets("callers", "shop/cart.py", document)
    assert snippet.path == "shop/report.py"
    assert "    checkout_total(cart, tax_rate)" in snippet.text


def test_same_class_has_what_the_prompt_does_not_show_and_the_parents(repository: Repository) -> None:
    document = (
        "class Box(Base):\n    def first(self, a): pass\n"
        + "    # filler\n" * 60
        + "    def second(self):\n        self.<CURSOR>\n"
    )
    own, parent = repository.snippets("same_class", "shop/box.py", document)
    assert own.text == "class Box(Base):\n    def first(self, a): ..."
    assert parent.text == "class Base:\n    def identify(self) -> str: ...\n    name: str = ''"


def test_recent_edits_and_files(repository: Repository) -> None:
    edit = RecentEdit("shop/base.py", 1, "    def identify(self) -> str: ...\n")
    (snippet,) = repository.snippets("recent_edits", "shop/new.py", "x = <CURSOR>\n", edits=(edit,))
    assert (snippet.path, snippet.span and snippet.span.start) == ("shop/base.py", 1)
    document = (
        "def show(cart, tax_rate):\n    subtotal = sum(item.price for item in cart.items)\n    <CURSOR>\n"
    )
    visited = ("shop/new.py", "shop/report.py", "gone.py")
    found = repository.snippets("recent_files", "shop/new.py", document, visited=visited)
    assert {snippet.path for snippet in found} == {"shop/report.py"}


def test_recent_files_are_read_as_they_are_in_the_editor(repository: Repository) -> None:
    document = "alpha = beta(gamma)\n<CURSOR>\n"
    unsaved = {"shop/report.py": "alpha = beta(gamma)\ndelta = 1\n"}
    (snippet,) = repository.snippets(
        "recent_files", "shop/new.py", document, visited=("shop/report.py",), unsaved=unsaved
    )
    assert "delta = 1" in snippet.text


def test_instructions_revision_and_tasks(repository: Repository) -> None:
    (snippet,) = repository.snippets("instructions", "a.py", "<CURSOR>")
    assert snippet.text == "Write short functions."
    revision = Revision("fix-tax", ("Add the till",), "+++ a\n+rate = 2\n")
    log, diff = repository.snippets("revision", "a.py", "<CURSOR>", revision=revision)
    assert log.text == "branch: fix-tax\ncommit: Add the till"
    assert "+rate = 2" in diff.text
    document = "# TODO: round up\n" + "# filler\n" * 60 + "x = <CURSOR>\n"
    (task,) = repository.snippets("tasks", "a.py", document)
    assert task.text == "# TODO: round up"


def test_instructions_from_outside_of_the_repository_are_not_read(repository: Repository) -> None:
    instructions = repository.root / ".holesmith" / "instructions.md"
    outside = repository.root.parent / "outside"
    instructions.parent.rename(outside)
    instructions.parent.symlink_to(outside)
    assert repository.snippets("instructions", "a.py", "<CURSOR>") == []
    instructions.parent.unlink()
    instructions.parent.mkdir()
    instructions.symlink_to(outside / "instructions.md")
    assert repository.snippets("instructions", "a.py", "<CURSOR>") == []
    instructions.unlink()
    os.mkfifo(instructions)
    assert repository.snippets("instructions", "a.py", "<CURSOR>") == []


def test_facts_of_the_hole(repository: Repository) -> None:
    facts = (
        Fact("expected type", "Cart"),
        Fact("member", "def a(self): ...", "shop/cart.py"),
        Fact("member", "def b(self): ...", "shop/cart.py"),
        Fact("relevant type", "class Cart: ...", "shop/cart.py", 3),
        Fact("signature", "def f(x: int) -> str: ..."),
    )
    found = {each.source: each for each in repository.snippets("facts", "a.py", "<CURSOR>", facts=facts)}
    assert found["expected_type"].text == "# expected: Cart"
    assert found["members"].text == "def a(self): ...\ndef b(self): ..."
    assert found["relevant_types"].path == "shop/cart.py"
    assert found["signature"].path == "a.py"


@pytest.mark.parametrize(
    "document", ["<CURSOR>", "\n\n<CURSOR>\n", "def (<CURSOR>\x00é😀", "x" * 9_000 + "<CURSOR>"]
)
def test_no_source_minds_strange_text(repository: Repository, document: str) -> None:
    for path in ("shop/cart.py", "strange.py", "b.java", "notes.txt"):
        repository.retrieve(path, document, visited=("shop/cart.py", "gone.py"))
