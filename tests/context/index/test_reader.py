"""What an index answers: searching by the parts of names, definitions, subclasses, imports, popularity."""

from pathlib import Path

import pytest

from tests.context.repository import Repository, make_repository

CALLS = "from shop.cart import total_price\n\n\ndef f{0}(c):\n    return total_price(c) + {0}\n"
FILES = {
    "shop/cart.py": "class Cart(dict):\n    def getTotalPrice(self): pass\n\n\ndef total_price(cart): pass\n",
    "shop/other.py": "import json\nfrom . import cart\n\n\nclass Basket(cart.Cart):\n    pass\n",
    **{f"shop/use{number}.py": CALLS.format(number) for number in range(4)},
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


def test_search_finds_names_by_their_parts_however_they_are_spelt(repository: Repository) -> None:
    paths = {hit.path for hit in repository.index.search(["price"], 10)}
    assert paths == set(FILES) - {"shop/other.py"}
    assert [hit.path for hit in repository.index.search(["gettotalprice"], 10)] == ["shop/cart.py"]


def test_search_puts_rare_words_first_and_leaves_out_the_file_itself(repository: Repository) -> None:
    hits = repository.index.search(["price", "basket"], 3)
    assert hits[0].path == "shop/other.py"
    assert hits[0].score > hits[1].score > 0
    hits = repository.index.search(["price", "basket"], 10, without="shop/other.py")
    assert "shop/other.py" not in {hit.path for hit in hits}


@pytest.mark.parametrize("term", ['"', "a OR b", "x*", "", "NEAR(", "ü", "'; DROP TABLE files"])
def test_any_text_can_be_asked_for(repository: Repository, term: str) -> None:
    assert repository.index.search([term], 5) == ()
    assert repository.index.paths()


def test_definitions_subclasses_and_imports(repository: Repository) -> None:
    index = repository.index
    assert [(each.path, each.symbol.kind) for each in index.definitions(["Cart"])] == [
        ("shop/cart.py", "class")
    ]
    assert [each.symbol.name for each in index.subclasses(["Cart"])] == ["Basket"]
    assert [(each.module, each.level) for each in index.imports("shop/other.py")] == [("json", 0), ("", 1)]
    assert index.paths_in("shop")[:1] == ("shop/cart.py",)
    assert index.paths_ending(["cart.py"]) == ("shop/cart.py",)
    assert index.paths_ending(["art.py"]) == ()


def test_popular_definitions_are_those_used_in_most_places(repository: Repository) -> None:
    (api, uses), *_ = repository.index.popular(3, ["python"])
    assert (api.symbol.name, uses) == ("total_price", 5)
