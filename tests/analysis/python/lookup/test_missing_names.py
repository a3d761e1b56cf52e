"""Which names a file needs from elsewhere."""

import parso
import pytest
from holesmith.analysis.python.lookup.missing_names import missing_names

OFFERED = ("Cart", "Order", "pay", "print")

CASES = {
    "used bare": ("x = pay(Cart)\n", "Cart pay"),
    "bound in another scope": ("def f(pay): ...\nx = pay\n", ""),
    "bound by an import": ("from other import pay as Cart, Order\nx = Cart, Order, pay\n", "pay"),
    "a member, a keyword, a module's name": ("import a.pay\nx.Cart(Order=1)\nfrom pay import y\n", ""),
    "the value of a keyword": ("f(a=pay)\n", "pay"),
    "a generator as an argument": ("f(Cart for Cart in pay)\n", "pay"),
    "in text of an annotation": (
        "def f(x: 'list[Cart]') -> 'Order': ...\ny: 'pay | None' = 'print'\n",
        "Cart Order pay",
    ),
    "in values behind annotations": ("x: int = 'Cart'\ndef f(a: str = 'pay', b='Order'): ...\n", ""),
    "in other text": ("x = 'Cart', f'{Order}'\n", "Order"),
    "a conversion in text": ("x = f'{1!pay}'\n", ""),
    "exported": ("__all__ = ['Cart']\n__all__ += ['pay']\n", "Cart pay"),
    "a star import may bind it": ("from other import *\nx = pay\n", ""),
    "a pattern may bind it": ("match x:\n    case Cart:\n        print(Cart)\n", ""),
    "a builtin": ("print(1)\n", ""),
    "a decorator and a base": ("@pay\nclass A(Cart, metaclass=Order): ...\n", "Cart Order pay"),
    "assigned to a member": ("self.pay = pay\n", "pay"),
    "global": ("def f():\n    global pay\n    pay = 1\nx = pay\n", ""),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_missing_names(source: str, expected: str) -> None:
    module = parso.parse(source, version="3.13")
    assert " ".join(missing_names(module, OFFERED)) == expected
