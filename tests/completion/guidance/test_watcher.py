# ruff: noqa: E501 # a source stands on one line, whatever its length
"""Right text is never refused, whatever Python allows; wrong text is. ``‸…‸`` is what is generated."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.analysis.answers import Call
from holesmith.analysis.client import Reply
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import A, Question
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.arguments import KeywordMonitor
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.statement import Trigger

WIDE = ("a" * 40, "b" * 40)


@dataclass(slots=True)
class Analyst:
    """Static analysis in this process, without a deadline."""

    root: Path
    analyser: JediAnalyser

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return Reply(self.analyser.answer(question, Deadline.after_ms(60_000)), "", 1.0)


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Analyst:
    root = tmp_path_factory.mktemp("project")
    (root / "shop.py").write_text("import json\n\nclass Cart:\n    total = 1\n\ndef pay(amount): ...\n")
    (root / "store").mkdir()
    (root / "store" / "__init__.py").write_text("")
    (root / "store" / "shelf.py").write_text("rows = 1\n")
    (root / "wide.py").write_text("".join(f"{name} = 1\n" for name in WIDE))
    return Analyst(root, JediAnalyser(Options(str(root))))


async def refused(source: str, analyst: Analyst, *, to_the_end: bool = False) -> list[str]:
    """The words refused in the text between the marks, given character by character.

    ``to_the_end``: and then the model wants to write no more.
    """
    before, generated, after = source.split("‸")
    watcher = Watcher(Document(str(analyst.root / "main.py"), "python", before, after), "", analyst)
    characters = [character.encode() for character in generated]
    index = 0
    while index < len(characters):
        watcher.add(characters[index])
        index += 1
        if to_the_end and index == len(characters):
            watcher.end()
        while pending := watcher.unanswered():
            await asyncio.wait(pending)
        if (rollback := watcher.rollback()) is not None:
            index = rollback.tokens_kept
    report = watcher.report(0.0)
    watcher.close()
    # The same text comes again after a refusal here, so some are refused several times.
    return list(dict.fromkeys(refusal.text for refusal in report.refusals))


RIGHT = {
    "self on a new line of a method": "class A:\n    def f(self):\n‸        self.x = self.f\n‸",
    "a binding in a branch that jedi thinks is not taken": (
        "import missing\ndef f():\n    d = missing.get()\n    if d is not None:\n        for e in d.all():\n"
        "            if isinstance(e, int) and e <= 2:\n                e = None\n        png = d.png()\n"
        "‸        use = len(png)\n‸        print(use)\n"
    ),
    "setter": "class A:\n    @property\n    def name(self): ...\n\n‸    @name.setter\n    def name(self, value):\n        self._name = value\n‸",
    "leaving the scope": "class A:\n    def f(self):\n‸        return 1\n\n    @staticmethod\n    def g(x: int = 1) -> 'A':\n        return A()\n\nvalue = A()\n‸",
    "nested function": "def f(a):\n‸    def g(b):\n        return a + b\n    return g(a)\n‸",
    "comprehensions": "def f(rows):\n‸    return [cell.x for row in rows for cell in row if cell]\n‸",
    "a comprehension over several lines": "def f(rows):\n‸    return {\n        key: len(value)\n        for key, value in rows.items()\n        if value\n    }\n‸",
    "literals": (
        "from typing import Literal, TypedDict\nclass Row(TypedDict):\n    name: str\n"
        "def f(mode: Literal['r', 'w'], text: str, row: Row):\n"
        "‸    f('w', \"any text\", row)\n    f(mode=\"r\", text=f\"{mode}!\" + 'x', row={'name': 'a'})\n"
        "    if mode == 'w' and text == 'w!' and row['name'] != 'r?':\n        return {'a': 1}['a']\n‸"
    ),
    "lambda": "def f(rows):\n‸    return sorted(rows, key=lambda row: (row.a, -row.b))\n‸",
    "walrus": "def f(rows):\n‸    if (n := len(rows)) > 3 and n < 9:\n        return n\n‸",
    "except as": "def f():\n    try:\n        pass\n‸    except (ValueError, OSError) as error:\n        raise KeyError(error) from error\n‸",
    "with as": "def f(p):\n‸    with open(p) as a, open(p) as b:\n        return a.read() + b.read()\n‸",
    "global": "count = 0\ndef f():\n‸    global count, other\n    other = count\n    count += 1\n‸",
    "match": (
        "def f(x):\n‸    match x:\n        case {'a': inner, **rest}:\n            return inner, rest\n"
        "        case [first, *others] if first:\n            return others\n‸"
    ),
    "star import that cannot be followed": "from missing import *\n‸x = whatever(1)\n‸",
    "star import": "from shop import *\n‸x = pay(Cart())\n‸",
    "__class__ and super": "class A:\n    def f(self):\n‸        super().f()\n        return __class__, __name__, __file__\n‸",
    "bound later in the file": "def f():\n‸    return later(1)\n‸\ndef later(x): ...\n",
    "bound later in a loop": "def f(rows):\n    last = None\n    for row in rows:\n        if last:\n‸            print(total)\n‸        total = row\n        last = row\n",
    "bound later in a loop around a block": "def f(rows):\n    while rows:\n        if rows:\n‸            rows = rest or rows\n‸        rest = 1\n",
    "conditional import": "try:\n    import numpy as np\nexcept ImportError:\n    np = None\n‸x = np.array([1]) if np else None\n‸",
    "import under TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop import Cart\n‸def f(cart: 'Cart') -> Cart: ...\n‸",
    "del": "x, y = 1, 2\n‸del x, y\n‸",
    "escapes": "x = 1\n‸y = '\\n\\t' + \"\\n\".join([str(x)])\n‸",
    "format specifications": "x = 1\n‸y = f'{x!r:>{x}} {x:d} {x=}'\n‸",
    "keyword arguments": "def f(*, size, color=None): ...\n‸f(size=1, color=2)\n‸",
    "type parameters": "‸def f[T](x: T) -> T:\n    return x\n‸",
    "async comprehension": "async def f(rows):\n‸    return [row async for row in rows if await row.ok()]\n‸",
    "string prefixes": "p = 1\n‸x = rb'a' + Rb'b'\ny = f'{p}' rf'{p}'\n‸",
    "class attribute in its own body": "class A:\n    size = 1\n‸    both = (size, size)\n‸",
    "names of a nested class's functions": "class A:\n    class B:\n        def f(self):\n‸            return A.B, self\n‸",
    "nonlocal": "def f():\n    n = 0\n    def g():\n‸        nonlocal n\n        n += 1\n        return n\n‸",
    "for else": "def f(rows):\n‸    for i, row in enumerate(rows):\n        pass\n    else:\n        i, row = 0, None\n    return i, row\n‸",
    "starred assignment": "rows = [1]\n‸first, *rest = rows\nprint(first, rest)\n‸",
    "annotation only": "‸x: int\ny: list[int] = []\n‸",
    "arguments of functions": (
        "import functools\nfrom missing import unknown\ndef one(a): ...\ndef many(a, *more, b=1): ...\n"
        "@functools.cache\ndef cached(a, b): ...\n@unknown\ndef wrapped(a): ...\npart = functools.partial(many, 1)\n"
        "items = [1, 2]\n‸one(1)\none(*items, 1)\nmany(1, 2, 3, b=4)\ncached(1, 2)\nwrapped(1, 2, 3)\n"
        "part(2, 3)\nunknown(1, 2)\none(\n    1,\n)\nprint(1, 2, 3, max(1, 2, 3), sep='')\n"
        "(lambda a, b: a)(1, 2)\nsorted(items, key=lambda a: (a, 1))\n‸"
    ),
    "arguments that are passed on": (
        "from builtins import print as plain\nclass Console:\n    def print(self, *objects, sep=''): ...\n"
        "def get() -> Console: ...\ndef print(*objects, sep=''):\n    get().print(*objects, sep=sep)\n"
        "def many(*rows):\n    if rows:\n        one(*rows)\ndef one(a): ...\n‸print('a', 'b')\nmany()\nmany(1, 2)\n‸"
    ),
    "arguments of methods": (
        "class A:\n    def plain(self, a): ...\n    @classmethod\n    def of(cls, a, b): ...\n    @staticmethod\n"
        "    def pair(a, b): ...\n    @property\n    def call(self): return print\n    def __call__(self, a, b): ...\n"
        "class B(A):\n    def __init__(self, a, b): ...\n    def f(self):\n‸        self.plain(1)\n        self.of(1, 2)\n"
        "        self.pair(1, 2)\n        self.call(1, 2, 3)\n        super().plain(1)\n        A.plain(self, 1)\n"
        "        B(1, 2)(3, 4)\n        return B.of(1, 2), A.pair(1, 2), A()\n‸"
    ),
    "arguments of made classes": (
        "from dataclasses import dataclass, field, KW_ONLY\nfrom typing import NamedTuple, TypedDict\nfrom enum import Enum\n"
        "@dataclass\nclass D:\n    a: int\n    b: int = 1\n    c: list = field(default_factory=list)\n"
        "@dataclass\nclass E(D):\n    d: int = 2\nclass N(NamedTuple):\n    a: int\n    b: int\nclass T(TypedDict):\n"
        "    a: int\nclass C(Enum):\n    A = 1\nclass X(ValueError): ...\nclass M(type):\n    def __call__(cls, *a): ...\n"
        "class W(metaclass=M): ...\nclass O:\n    def __new__(cls, a, b): return 1\n"
        "‸x = D(1, 2, []), E(1, 2, [], 3), N(1, 2), T(a=1), C(1), X('a', 'b'), W(1, 2), O(1, 2), str(1), dict([], a=1)\n‸"
    ),
    "overloads": (
        "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str, b: int) -> str: ...\n"
        "def f(a, b=1): ...\n‸x = f('a', 1)\n‸"
    ),
    "exceptions": (
        "import subprocess, builtins\nfrom missing import Odd, errors\nclass Own(ValueError):\n    class Inner(Exception): ...\n"
        "class Model:\n    class Missing(Exception): ...\n    error = KeyError\ndef make(text): return Own(text)\nKINDS = (Own, OSError)\n"
        "def f(error, cls, handler):\n‸    try:\n        raise make('a')\n    except Own as caught:\n        raise caught\n"
        "    except (Odd, errors.Bad, Own.Inner):\n        raise Model.Missing('x') from None\n    except KINDS:\n        raise error\n"
        "    except subprocess.TimeoutExpired as expired:\n        raise cls(expired) from expired\n    except Model.error:\n"
        "        raise handler.error(1)\n    except builtins.ValueError:\n        raise\n    except* OSError:\n        raise Own\n‸"
    ),
    "classes that can be instantiated": (
        "from abc import ABC, abstractmethod\nfrom missing import Base\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
        "    @staticmethod\n    def of(): return Square()\nclass Square(Shape):\n    def area(self): return 1\nclass Odd(Base, Shape): ...\n"
        "class Loose:\n    @abstractmethod\n    def area(self): ...\n‸shapes: list[Shape] = [Square(), Shape.of(), Odd(), Loose()]\n‸"
    ),
    "patterns": (
        "from enum import Enum\nfrom dataclasses import dataclass\nclass Color(Enum):\n    RED = 1\n    _BLUE = 2\n@dataclass\nclass P:\n    a: int\n"
        "def f(color: Color, other):\n‸    match color:\n        case Color.RED | Color._BLUE:\n            pass\n        case _:\n            pass\n"
        "    match other:\n        case P(1, a=1) | [P(), *_] | {'a': Color.RED}:\n            pass\n        case whatever if whatever:\n            pass\n‸"
    ),
    "a class further down in annotations that are not evaluated": (
        "from __future__ import annotations\nclass A:\n‸    b: B\n    c: list[B]\n‸class B: ...\n"
    ),
    "modules of a package": (
        "‸from store.shelf import rows\nimport store.shelf\nfrom store import shelf\nfrom .shop import Cart\n‸"
    ),
    "modules of what is no package": "‸import other.shelf\nfrom elsewhere.shelf import rows\n‸",
    "imports that the file uses": "‸from shop import Cart, pay\n‸def f(): return pay(Cart())\n",
    "a bracket around names that do not fit on the line": (
        f"‸from wide import (\n    {WIDE[0]},\n    {WIDE[1]},\n)\n‸x = {WIDE[0]}, {WIDE[1]}\n"
    ),
    "an import on some systems only": "import sys\nif sys.platform:\n‸    from shop import pay\n‸cart = Cart()\n",
    "an import that only __all__ has": "‸from shop import Cart\n‸__all__ = ['Cart']\npay = print\n",
    "a decorated function's own name": "import functools\n‸@functools.cache\ndef f(n):\n    return f(n - 1)\n‸",
}


@pytest.mark.parametrize("source", RIGHT.values(), ids=RIGHT.keys())
async def test_right_text_is_not_refused(source: str, analyst: Analyst) -> None:
    assert await refused(source, analyst) == []


WRONG = {
    "a name": ("def f(rows):\n‸    return row_count(rows)\n‸", ["row_count"]),
    "a name of another function": ("def g():\n    secret = 1\ndef f():\n‸    return secret\n‸", ["secret"]),
    "a name that is bound further down": (
        "def f(rows):\n    for row in rows:\n        pass\n    ‸if not size:\n        return 1\n‸    size = 1\n",
        ["size"],
    ),
    "a class further down in an annotation": ("class A:\n‸    b: B\n‸class B: ...\n", ["B"]),
    "a member": ("from shop import Cart\ncart = Cart()\n‸x = cart.totals\n‸", ["totals"]),
    "an import": ("‸from shop import Basket\n‸", ["Basket"]),
    "a module that its package does not have": ("‸from store.till import Till\n‸", ["till"]),
    "an import that the file does not use": ("‸from shop import pay\n‸cart = Cart()\n", ["pay"]),
    "an import that the file does not use, for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n‸    from shop import pay\n‸cart = Cart()\n",
        ["pay"],
    ),
    "a bracket around names that fit on the line": (
        "‸from shop import (\n    Cart,\n)\n‸cart = Cart()\n",
        ["("],
    ),
    "a name behind the one that the file uses": (
        "‸from shop import Cart, pay\n‸def f(rows: 'list[Cart]'): return Store(rows)\n",
        [],
    ),
    "a keyword": ("def f(*, size): ...\n‸f(colour=1)\n‸", ["colour", "colour"]),
    "a literal": (
        "from typing import Literal\ndef f(mode: Literal['r', 'w'], n): ...\n‸f(\"rw\", 1)\n‸",
        ['"rw"'],
    ),
    "an argument too many": ("def f(a, b): ...\n‸f(1, 2, 3)\n‸", ["3"]),
    "no argument where there must be one": ("def f(a): ...\n‸f()\n‸", [")"]),
    "no argument where there must be one, on two lines": (
        "class A:\n    def __init__(self, a): ...\n‸a = A(\n)\n‸",
        [")"],
    ),
    "an argument where there is none": ("class A:\n    def f(self): ...\n‸A().f(1)\n‸", ["1"]),
    "an argument too many for a class method": (
        "class A:\n    def g(self): ...\n    def f(self, a):\n‸        self.g()\n        self.f(a, self)\n‸",
        ["self"],
    ),
    "an argument too many for a class": (
        "class A:\n    def __init__(self, a, *, size=1): ...\n‸a = A(1, 'x', size=2)\n‸",
        ["'x'"],
    ),
    "no exception after except": ("class Cart: ...\n‸try:\n    pass\nexcept Cart:\n    pass\n‸", ["Cart"]),
    "a builtin that is no exception": ("‸try:\n    pass\nexcept (ValueError, str):\n    pass\n‸", ["str"]),
    "no exception after raise": ("from shop import Cart\n‸raise Cart()\n‸", ["Cart"]),
    "no exception of a module": ("import shop\n‸raise shop.Cart()\n‸", ["Cart"]),
    "a function that is not called": ("def make(): ...\n‸raise make\n‸", ["make"]),
    "an abstract class": (
        (
            "from abc import ABC, abstractmethod\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
            "class Round(Shape): ...\n‸shape: Shape = Shape()\nother = Round()\n‸"
        ),
        ["Shape", "Round"],
    ),
    "a member of no enumeration in a pattern": (
        (
            "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    def mix(self): ...\n"
            "def f(color: Color):\n‸    match color:\n        case Color.mix:\n            pass\n‸"
        ),
        ["Color", "mix"],
    ),
    "a pattern that is no member": (
        (
            "from enum import Enum\nclass Color(Enum):\n    RED = 1\n"
            "def f(color: Color):\n‸    match color:\n        case RED:\n            pass\n‸"
        ),
        ["RED"],
    ),
    "a key": (
        "from typing import TypedDict\nclass Row(TypedDict):\n    name: str\ndef f(row: Row):\n‸    return row['title']\n‸",
        ["'title'"],
    ),
}


@pytest.mark.parametrize(("source", "words"), WRONG.values(), ids=WRONG.keys())
async def test_invented_names_are_refused(source: str, words: list[str], analyst: Analyst) -> None:
    found = await refused(source, analyst)
    assert len(found) == len(words)
    assert all(word.startswith(begun) for word, begun in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("tokens", "kept", "lead"),
    [((b"cart", b".", b"_", b"price"), 2, b""), ((b"cart", b"._", b"price"), 1, b".")],
    ids=["the underscore alone", "the underscore behind its dot"],
)
async def test_no_special_name_takes_the_place_of_an_invented_one(
    tokens: tuple[bytes, ...], kept: int, lead: bytes, analyst: Analyst
) -> None:
    before = "class Cart:\n    def __init__(self) -> None:\n        self.total = 1\n\ndef f(cart: Cart):\n    print("
    watcher = Watcher(Document(str(analyst.root / "main.py"), "python", before, ")\n"), "", analyst)
    for token in tokens:
        watcher.add(token)
    while pending := watcher.unanswered():
        await asyncio.wait(pending)
    rollback = watcher.rollback()
    watcher.close()
    assert rollback is not None
    assert rollback.tokens_kept == kept
    (constraint,) = rollback.constraints
    assert constraint.lead == lead
    assert b"total" in constraint.names
    assert not any(name.startswith(b"__") for name in constraint.names)


async def test_a_special_name_is_still_allowed(analyst: Analyst) -> None:
    assert await refused("class Cart: ...\nx = ‸Cart.__name__\n‸", analyst) == []
    assert await refused("class Cart: ...\nx = ‸Cart().__class__\n‸", analyst) == []


ENDED = {
    "a call that needs an argument": ("def f(a, b=1): ...\nx = ‸f(‸)\n", [")"]),
    "a call whose bracket stands there": ("def f(a): ...\nx = f‸(‸)\n", [")"]),
    "a call that needs a keyword": ("def f(*, a): ...\nx = ‸f(‸)\n", [")"]),
    "a call that needs none": ("def f(a=1, *b, **c): ...\nx = ‸f(‸)\n", []),
    "a method": ("class A:\n    def f(self): ...\n    def g(self, a): ...\nA().f()\n‸A().g(‸)\n", [")"]),
    "a method that needs none": ("class A:\n    def f(self): ...\n‸A().f(‸)\n", []),
    "called so elsewhere": ("def f(a): ...\nx = ‸f(‸)\ny = f()\n", []),
    "a callee that nobody knows": ("from missing import f\nx = ‸f(‸)\n", []),
    "a definition": ("‸def f(‸): ...\n", []),
    "an end elsewhere": ("def f(a): ...\nx = ‸f(‸\n", []),
}


@pytest.mark.parametrize(("source", "words"), ENDED.values(), ids=ENDED.keys())
async def test_a_call_is_not_left_without_the_arguments_that_it_needs(
    source: str, words: list[str], analyst: Analyst
) -> None:
    assert await refused(source, analyst, to_the_end=True) == words


LISTED = {
    "all that is missing": ("‸from shop import Cart, pay‸\n\nx = pay(Cart)\n", []),
    "all that is missing, one renamed": ("‸from shop import Cart as C, pay‸\n\nx = pay(Cart)\n", []),
    "in another order than tools sort names": (
        "‸from shop import pay, Cart‸\n\nx = pay(Cart)\n",
        ["p"],
    ),
    "the end before all are listed": ("‸from shop import Cart‸\n\nx = pay(Cart)\n", [""]),
    "another name than the missing one": ("from shop import Cart‸, pay‸\n\nx = Cart\n", [","]),
    "a list that goes on behind the cursor": ("‸from shop import Cart‸, pay\n\nx = pay(Cart)\n", []),
    "a list in a bracket": ("from shop import (\n    ‸Cart,\n)‸\n\nx = Cart, pay\n", []),
    "too long for the line": (f"‸from wide import {WIDE[0]}‸\n\nx = {WIDE[0]}, {WIDE[1]}\n", []),
    "nothing is missing": ("‸from shop import Cart‸\n\nx = 1\n", []),
    "a module that is not found": ("‸from missing import Cart, pay‸\n\nx = Cart\n", []),
    "what the module only imports": ("‸from shop import Cart‸\n\nx = Cart, json\n", []),
    "a module": ("‸import shop‸\n\nx = pay(Cart)\n", []),
    "an alternative": (
        "try:\n    ‸from shop import Cart, pay‸\nexcept ImportError:\n    pass\nx = Cart\n",
        [],
    ),
}


@pytest.mark.parametrize(("source", "words"), LISTED.values(), ids=LISTED.keys())
async def test_an_import_lists_what_the_file_misses(source: str, words: list[str], analyst: Analyst) -> None:
    assert await refused(source, analyst, to_the_end=True) == words


@pytest.mark.parametrize("word", ["import", "as"])
async def test_no_keyword_is_imported(word: str, analyst: Analyst) -> None:
    assert await refused(f"‸from shop import {word}‸\n\nx = 1\n", analyst) == [word[0]]


def test_instead_of_a_wrong_keyword_an_argument_may_stand_without_one() -> None:
    choices = KeywordMonitor().choices(Trigger("keyword", 0, 0), Call((), ("size",), is_complete=True), "")
    assert choices is not None
    constraint = choices.constraint()
    assert constraint.texts == (b"size=",)
    assert constraint.penalty is not None
    assert not constraint.is_exclusive
