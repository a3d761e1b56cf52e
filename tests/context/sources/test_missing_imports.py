"""At an import, the statements that bind what the file misses."""

from pathlib import Path

import pytest

from tests.context.repository import Repository, make_repository

FILES = {
    "lib/shop/__init__.py": "from .cart import Cart\n",
    "lib/shop/cart.py": "class Cart:\n    def pay(self): ...\n\ndef checkout(cart): ...\n",
    "lib/shop/tools/__init__.py": "",
    "lib/shop/tools/money.py": "from pydantic import BaseModel as B\n\ndef rounded(x): ...\ndef pay(x): ...\n",
    "lib/shop/a.py": "from pydantic import BaseModel\nfrom .tools.money import rounded\nfrom . import Cart\n",
    "lib/shop/b.py": "from pydantic import BaseModel\nfrom shop.tools.money import rounded\nfrom shop import Cart\n",
}
NEEDS = "\n\nx = checkout(Cart()), rounded(1), BaseModel\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


@pytest.mark.parametrize(
    ("document", "statements"),
    [
        (
            f"from <CURSOR>{NEEDS}",
            [
                "from pydantic import BaseModel",
                "from shop import Cart",
                "from shop.cart import checkout",
                "from shop.tools.money import rounded",
            ],
        ),
        (
            f"from shop.<CURSOR>{NEEDS}",
            ["from shop.cart import checkout", "from shop.tools.money import rounded"],
        ),
        (
            f"from .<CURSOR>{NEEDS}",
            ["from . import Cart", "from .cart import checkout", "from .tools.money import rounded"],
        ),
        (
            f"from . import Cart\n<CURSOR>{NEEDS}",
            [
                "from pydantic import BaseModel",
                "from .cart import checkout",
                "from .tools.money import rounded",
            ],
        ),
        (f"def f():\n    from pydantic<CURSOR>{NEEDS}", ["from pydantic import BaseModel"]),
        ("from <CURSOR>\n\nx = Cart, checkout\nclass Cart: ...\n", ["from shop.cart import checkout"]),
        ("from <CURSOR>\n\nx = print(pay_all)\n", []),
        (f"x = <CURSOR>{NEEDS}", []),
        (f"\n<CURSOR>{NEEDS}", []),
    ],
)
def test_statements(repository: Repository, document: str, statements: list[str]) -> None:
    found = repository.snippets("missing_imports", "lib/shop/new.py", document)
    assert [line for each in found for line in each.text.split("\n")] == statements


def test_a_file_deeper_down_goes_up_with_dots(repository: Repository) -> None:
    document = "from .money import rounded\nfrom <CURSOR>\n\nx = checkout(1), pay(2)\n"
    (snippet,) = repository.snippets("missing_imports", "lib/shop/tools/new.py", document)
    assert snippet.text == "from ..cart import checkout\nfrom .money import pay"


def test_a_module_does_not_import_from_itself(repository: Repository) -> None:
    document = "from <CURSOR>\n\nx = checkout\n"
    assert repository.snippets("missing_imports", "lib/shop/cart.py", document) == []
