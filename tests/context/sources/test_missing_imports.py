"""At an import, the statements that bind what the file misses."""

from pathlib import Path

import pytest

from tests.context.repository import Repository, make_repository

FILES = {
    "lib/shop/__init__.py": "from .cart import Cart\n",
    "lib/shop/cart.py": "class Cart:\n    def pay(self): ...\n\ndef checkout(cart): ...\n",
    "lib/shop/tools/__init__.py": "",
    "lib/shop/tools/money.py": "from pydantic import BaseModel as B\ndef rounded(x): ...\ndef pay(x): ...\n",
    "lib/shop/a.py": "from pydantic import BaseModel\nfrom .tools.money import rounded\nfrom . import Cart\n",
    "lib/shop/b.py": "from pydantic import BaseModel\nfrom shop.tools.money import rounded\n",
    "lib/shop/c.py": "from shop import Cart\n",
}
MISSING = ("BaseModel", "Cart", "checkout", "rounded", "unheard_of")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


@pytest.mark.parametrize(
    ("document", "statements"),
    [
        (
            "from <CURSOR>",
            [
                "from pydantic import BaseModel",
                "from shop import Cart",
                "from shop.cart import checkout",
                "from shop.tools.money import rounded",
            ],
        ),
        ("from shop.<CURSOR>", ["from shop.cart import checkout", "from shop.tools.money import rounded"]),
        (
            "from .<CURSOR>",
            ["from . import Cart", "from .cart import checkout", "from .tools.money import rounded"],
        ),
        (
            "from .a import b\n<CURSOR>",
            [
                "from pydantic import BaseModel",
                "from . import Cart",
                "from .cart import checkout",
                "from .tools.money import rounded",
            ],
        ),
        ("def f():\n    from pydantic<CURSOR>", ["from pydantic import BaseModel"]),
    ],
)
def test_statements(repository: Repository, document: str, statements: list[str]) -> None:
    (found,) = repository.snippets("missing_imports", "lib/shop/new.py", document, missing=MISSING)
    assert found.text.split("\n") == statements


def test_several_names_of_a_module_and_one_further_up(repository: Repository) -> None:
    document, missing = "from .money import x\nfrom <CURSOR>\n", ("checkout", "pay", "rounded")
    (found,) = repository.snippets("missing_imports", "lib/shop/tools/new.py", document, missing=missing)
    assert found.text == "from ..cart import checkout\nfrom .money import pay, rounded"


@pytest.mark.parametrize(("path", "missing"), [("lib/shop/cart.py", ("checkout",)), ("lib/shop/new.py", ())])
def test_nothing_to_import(repository: Repository, path: str, missing: tuple[str, ...]) -> None:
    assert repository.snippets("missing_imports", path, "from <CURSOR>\n", missing=missing) == []


def test_a_root_that_is_a_package_is_no_module_to_import_from(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {"__init__.py": "def pay(x): ...\n"})
    assert repository.snippets("missing_imports", "new.py", "from <CURSOR>\n", missing=("pay",)) == []
