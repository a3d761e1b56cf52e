"""A tree that is changed statement by statement is the one that a parser makes of the whole text."""

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.python.parsing.incremental_parse import reparse_statements
from holesmith.analysis.python.parsing.used_names import UsedNames
from holesmith.analysis.questions import MembersQuestion, Source
from parso.cache import parser_cache
from parso.grammar import load_grammar
from parso.python.diff import DiffParser

PATH = "/document.py"
GRAMMAR: Any = load_grammar(version="3.13")
LIBRARY = Path(sysconfig.get_path("stdlib"))
WHOLE = (
    *("x = request.hole", "return hole", "f(hole)", "f(\n{}    a,\n{}    hole,\n{})", "pass", "x; y;"),
    *("import a", 's = """a\n b"""', "x \\\n  + y", "# comment", "", "lambda: 1", "f'{a!r:>{w}}'"),
    *("if x.hole:\n{}    pass", "for i in hole: pass", "def f(a):\n{}    return a", "class A: pass"),
)
BROKEN = (
    *("x = (", "'''", 'x = "', "@deco", "else:", "elif a:", "try:", "except E:", "finally: pass", "    x"),
    *("\tx", "\\", "    \\", "x)", "return ]", 'f"{', "f'''", "match x:\n{}    case 1: pass", "if x hole:"),
)
CHARACTERS = "hole.():,\"'#=[]{}\\x; "
BEFORE = """\
import os

class A:
    a = 1
    def f(self, b):
        if b.hole:
            return b
        # about c
        c = [
            1,
        ]
        return c

    # about g
    def g(self): pass

x = A()
"""


def start(text: str) -> None:
    parser_cache.clear()
    GRAMMAR.parse(text, path=PATH, diff_cache=True)


def tree_in_cache() -> Any:
    return parser_cache[GRAMMAR._hashed][Path(PATH)].node


def described(node: Any, parent: Any = None) -> Iterator[tuple[object, ...]]:
    assert node.parent is parent
    if hasattr(node, "children"):
        yield type(node), node.type, len(node.children), node.start_pos, node.end_pos
        for child in node.children:
            yield from described(child, node)
    else:
        yield type(node), node.type, node.value, node.prefix, node.start_pos, node.end_pos


def names_of(module: Any) -> list[tuple[str, list[tuple[int, int]]]]:
    return [(value, [name.start_pos for name in names]) for value, names in module.get_used_names().items()]


def assert_is_that_of(text: str, used: UsedNames) -> None:
    parsed, module = GRAMMAR.parse(text), tree_in_cache()
    assert list(described(module)) == list(described(parsed))
    used.note(module)
    assert names_of(module) == names_of(parsed)
    assert GRAMMAR.parse(text, path=PATH, diff_cache=True) is module


def edited(chooser: random.Random, text: str) -> str:
    lines = text.split("\n")
    for _ in range(chooser.choice((1, 1, 1, 2))):
        number = chooser.randrange(len(lines))
        line = lines[number]
        margin = line[: len(line) - len(line.lstrip())][chooser.choice((0, 0, 0, 0, 4)) :]
        statement = margin + chooser.choice(chooser.choice((WHOLE, WHOLE, BROKEN))).replace("{}", margin)
        column = chooser.randrange(len(line) + 1)
        match chooser.randrange(8):
            case 0:
                lines[number] = statement
            case 1:
                lines.insert(number, statement)
            case 2:
                lines.insert(number + 1, statement)
            case 3:
                del lines[number : number + chooser.choice((1, 1, 2))]
            case 4:
                lines[number] = line[:column] + chooser.choice(CHARACTERS) + line[column:]
            case 5:
                lines[number] = line[:column] + line[column + chooser.randrange(1, 5) :]
            case 6:
                lines[number] = line[: line.find(".") + 1] + "hole"
            case _:
                lines.insert(number, "")
        lines = "\n".join(lines).split("\n")
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_tree_is_that_of_the_new_text(seed: int) -> None:
    chooser = random.Random(seed)
    sources = [path for path in sorted(LIBRARY.glob("*.py")) if 500 < path.stat().st_size < 9_000]
    replacements = 0
    for path in chooser.sample(sources, 6):
        first = text = path.read_text(encoding="utf-8", errors="replace").replace("\f", "")
        start(text)
        used = UsedNames()
        for _ in range(15):
            text = edited(chooser, chooser.choice((text, text, first)))
            if reparse_statements(GRAMMAR, PATH, text):
                replacements += 1
                assert_is_that_of(text, used)
            else:
                start(text)
    assert replacements > 10


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = A()", "x = A().hole"),
        ("x = A()", "x = A()\nx.hole"),
        ("x = A()\n", "x = A()\n\n# the end\n"),
        ("import os\n", ""),
        ("    a = 1\n", "    a = 1\n    b = hole\n"),
        ("b.hole", "b.other(hole)"),
        ("if b.hole:\n            return b", "return hole"),
        ("            return b\n", "            return b\n            hole\n"),
        ("            return b\n", "            return b\n        hole\n"),
        ("            1,", "            hole"),
        ("        # about c\n", ""),
        ("        # about c\n", "        hole\n        # about c\n"),
        ("        return c\n", "        return c\n        hole\n"),
        ("        return c\n", ""),
        ("\n    # about g", "        c\n    # about h"),
        ("    # about g", "    hole\n    # about g"),
        ("pass", "return hole"),
        ("a = 1", "a = 1; b = 2"),
        ("if b.hole:", "if b hole:"),
        ("if b.hole:", "hole"),
        ("def g(self): pass", "def g(self) -> hole"),
        ("c = [", "c = d["),
        ("x = A()", "x = 'a"),
    ],
)
def test_plain_changes_need_no_other_parser(old: str, new: str) -> None:
    after = BEFORE.replace(old, new, 1)
    for text, next_text in ((BEFORE, after), (after, BEFORE)):
        start(text)
        assert reparse_statements(GRAMMAR, PATH, next_text)
        assert_is_that_of(next_text, UsedNames())


def test_what_error_recovery_made_of_a_block_is_replaced_as_one() -> None:
    before = BEFORE.replace("if b.hole:", "if b hole:")
    for after in (
        before.replace("return b", "return x"),
        before.replace("return b", "return b\n            x"),
    ):
        start(before)
        assert reparse_statements(GRAMMAR, PATH, after)
        assert_is_that_of(after, UsedNames())


@pytest.mark.parametrize("text", ["def f():\n        b\n# d\n    c\n", "def f():\n    d\nelse:\n    c\n"])
def test_nothing_is_replaced_before_an_error(text: str) -> None:
    start(text)
    assert not reparse_statements(GRAMMAR, PATH, text.replace("d\n", "e\n"))


def test_changes_in_several_places_are_made_at_once() -> None:
    after = (
        BEFORE.replace("import os", "import os, re").replace("b.hole", "b\\\n.x").replace("= A()", "= hole")
    )
    for text, next_text in ((BEFORE, after), (after, BEFORE)):
        start(text)
        assert reparse_statements(GRAMMAR, PATH, next_text)
        assert_is_that_of(next_text, UsedNames())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = A()", "x = A("),
        ("x = A()", "x = '''"),
        ("x = A()\n", "x = A()"),
        ("x = A()", "x = A() \\"),
        ("x = A()", "x = A()\r"),
        ("x = A()", "\fx = A()"),
        ("import os", "\ufeffimport os"),
        ("        # about c\n", "    \\\n"),
        ("            return b\n", ""),
        ("            return b\n", "           return b\n"),
        ("    a = 1\n", "      a = 1\n"),
        ("        return c\n", "        return c\n      hole\n"),
        ("        if b.hole:\n            return b\n", "        try:\n            hole\n"),
        ("            return b\n", "            return b\n        else:\n            hole\n"),
        ("if b.hole:", "else:"),
        ("        return c\n", "        return d\n      hole\n"),
        ("x = A()\n", "x = B()\n\\\n"),
        ("", ""),
    ],
)
def test_what_is_not_certain_is_left_alone(old: str, new: str) -> None:
    start(BEFORE)
    before = list(described(tree_in_cache()))
    assert not reparse_statements(GRAMMAR, PATH, BEFORE.replace(old, new, 1))
    assert list(described(tree_in_cache())) == before


def test_questions_about_successive_texts_are_answered_from_grafts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyser = JediAnalyser(Options(str(tmp_path)))
    monkeypatch.setattr(DiffParser, "update", None)
    for statement in ("A().", "print(A().", "if A().", "x = A()\n    x."):
        text = f"class A:\n    name = 1\n\ndef f():\n    {statement}\n    return 1\n"
        source = Source(str(tmp_path / "document.py"), text)
        answer = analyser.answer(MembersQuestion(source, text.rindex(".") + 1), Deadline.after_ms(3_600_000))
        assert answer is not None
        assert "name" in {member.name for member in answer.members}
