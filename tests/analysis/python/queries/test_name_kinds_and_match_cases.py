"""What names certainly are, and which members a ``case`` may name; ``‸`` is the hole."""

import pytest
from holesmith.analysis.answers import MatchCases, NameKinds
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import MatchCaseQuestion, NameKindsQuestion, Source

HEAD = """
import subprocess
from abc import ABC, ABCMeta, abstractmethod
from dataclasses import dataclass
from enum import Enum, Flag, auto
from missing import Unknown, decorate
from shop import Basket, BasketError


class Shape(ABC):
    @abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self): ...


class Round(Shape, metaclass=ABCMeta): ...


class Named:
    @abstractmethod
    def name(self): ...


class Own(BasketError): ...


class Odd(Unknown): ...


@decorate
class Decorated: ...


@dataclass
class Row:
    size: int


class Color(Enum):
    RED = auto()
    _DARK = 2

    def mix(self): ...


class Open(Enum):
    vars()["A"] = 1
    B = 2

    class Inner: ...


def make(): ...


@decorate
def made(): ...


either = Own if make() else Row
value = 1
Same = Own
"""


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> JediAnalyser:
    root = tmp_path_factory.mktemp("project")
    (root / "shop.py").write_text("class Basket: ...\nclass BasketError(Exception): ...\n")
    return JediAnalyser(Options(str(root)))


def kinds(analyser: JediAnalyser, source: str, *wanted: str) -> NameKinds:
    before, after = (HEAD + source).split("‸")
    question = NameKindsQuestion(Source(None, before + after), len(before), wanted)
    answer = analyser.answer(question, Deadline.after_ms(60_000))
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Shape", "abstract"),
        ("Square", "class"),
        ("Round", "abstract"),
        ("Named", "class"),
        ("Own", "exception"),
        ("Same", "exception"),
        ("BasketError", "exception"),
        ("Basket", "class"),
        ("Odd", "unknown"),
        ("Unknown", "unknown"),
        ("Decorated", "unknown"),
        ("Row", "class"),
        ("make", "function"),
        ("made", "unknown"),
        ("either", "unknown"),
        ("value", "unknown"),
        ("subprocess", "unknown"),
        ("KeyError", "exception"),
        ("int", "class"),
        ("len", "function"),
        ("type", "class"),
    ],
)
def test_the_kind_of_a_name_in_scope(analyser: JediAnalyser, name: str, kind: str) -> None:
    answer = kinds(analyser, "x = ‸\n", name)
    assert answer.is_complete
    assert {each.name: each.kind for each in answer.names}[name] == kind


def test_the_kinds_of_members(analyser: JediAnalyser) -> None:
    answer = kinds(analyser, "raise subprocess.‸\n", "TimeoutExpired", "Popen", "run")
    found = {each.name: each.kind for each in answer.names}
    assert answer.is_complete
    assert (found["TimeoutExpired"], found["Popen"], found["run"]) == ("exception", "class", "function")


def cases(analyser: JediAnalyser, pattern: str, subject: str = "color") -> MatchCases | None:
    source = f"{HEAD}def f(color: Color, number: int, other):\n    match {subject}:\n        {pattern}"
    before, after = source.split("‸")
    question = MatchCaseQuestion(Source(None, before + after), len(before))
    return analyser.answer(question, Deadline.after_ms(60_000))


def test_what_a_case_may_name(analyser: JediAnalyser) -> None:
    assert cases(analyser, "case ‸") == MatchCases("Color.", ("RED", "_DARK"), is_complete=False)
    assert cases(analyser, "case Color.‸:\n            pass\n") == MatchCases(
        "", ("RED", "_DARK"), is_complete=True
    )
    assert cases(analyser, "case Color.RED | Color.‸", "other") == MatchCases(
        "", ("RED", "_DARK"), is_complete=True
    )
    behind = cases(analyser, "case Open.‸")
    assert behind is not None
    assert not behind.is_complete


@pytest.mark.parametrize("subject", ["number", "other", "f(color)", "missing"])
def test_nothing_is_said_of_what_may_be_anything(analyser: JediAnalyser, subject: str) -> None:
    assert cases(analyser, "case ‸", subject) is None


def test_a_case_outside_of_a_match_is_none(analyser: JediAnalyser) -> None:
    text = HEAD + "case "
    assert (
        analyser.answer(MatchCaseQuestion(Source(None, text), len(text)), Deadline.after_ms(60_000)) is None
    )
