"""A member that code outside of its class, or a test of the type, brings must never be refused.

Each case of tests/fixtures/analysis/outside is a small project: see the README of the fixtures. Most are
idioms from public bug reports of type checkers and linters.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.analysis.answers import Members
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import MembersQuestion, Source

CASES = Path(__file__).parents[3] / "fixtures" / "analysis" / "outside"
MARK = "‸"


@dataclass(frozen=True)
class Case:
    """The files of a project by name; in one of them stands the mark."""

    title: str
    files: dict[str, str]

    def __str__(self) -> str:
        return self.title

    def ask(self, root: Path, *, only_complete: bool = False) -> tuple[str, Members]:
        """The member that the code has at the mark, and the answer to the question without it."""
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(MARK, ""), encoding="utf-8")
        name, text = next((name, text) for name, text in self.files.items() if MARK in text)
        before, _, behind = text.partition(MARK)
        rest, _, below = behind.partition("\n")
        source = Source(str(root / name), f"{before}\n{below}")
        analyser = JediAnalyser(Options(str(root), python=sys.prefix))
        question = MembersQuestion(source, len(before), only_complete=only_complete)
        answer = analyser.answer(question, Deadline.after_ms(60_000))
        member = re.match(r"\w+", rest)
        assert answer is not None
        assert member is not None
        return member[0], answer


def cases() -> list[Case]:
    return [
        _case(part)
        for path in sorted(CASES.glob("*.txt"))
        for part in re.split(r"^#= ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    ]


def _case(part: str) -> Case:
    title, _, body = part.partition("\n")
    pieces = re.split(r"^#: (.+)\n", body, flags=re.MULTILINE)[1:]
    return Case(title, dict(zip(pieces[::2], pieces[1::2], strict=True)))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_right_member_is_listed_or_the_list_is_not_called_complete(case: Case, tmp_path: Path) -> None:
    member, answer = case.ask(tmp_path)
    names = {each.name for each in answer.members}
    assert member in names or not answer.is_complete_unless_assigned, answer.reason


@pytest.mark.parametrize("case", [each for each in cases() if each.title.startswith("complete:")], ids=str)
def test_a_list_stays_complete_where_nothing_speaks_against_it(case: Case, tmp_path: Path) -> None:
    member, answer = case.ask(tmp_path, only_complete=True)
    assert answer.is_complete, answer.reason
    assert member in {each.name for each in answer.members}
