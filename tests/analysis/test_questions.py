"""Every question over the annotated sources of tests/fixtures/analysis: see the README there."""

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import (
    CallQuestion,
    ExpectedTypeQuestion,
    ImportableNamesQuestion,
    ImportsQuestion,
    MembersQuestion,
    RelevantHeadersQuestion,
    RelevantTypesQuestion,
    ScopeQuestion,
    Source,
    StaticErrorsQuestion,
)

FIXTURES = Path(__file__).parent.parent / "fixtures" / "analysis"
MARK = "‸"


@dataclass(frozen=True)
class Case:
    """One hole: its file without any mark, the offset, and the words of the comment above it."""

    path: Path
    line: int
    text: str
    offset: int
    stop: int
    name: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path.stem}:{self.line}:{self.name}"


def cases() -> list[Case]:
    return [case for path in sorted(FIXTURES.glob("*.py")) for case in cases_of(path)]


def cases_of(path: Path) -> list[Case]:
    lines = path.read_text(encoding="utf-8").split("\n")
    found: list[Case] = []
    pending: list[str] = []
    for number, line in enumerate(lines):
        if line.strip().startswith("#?"):
            pending.append(line.strip()[2:].strip())
        elif MARK in line:
            found += [case_of(path, lines, number, comment) for comment in pending]
            pending = []
    return found


def case_of(path: Path, lines: list[str], number: int, comment: str) -> Case:
    name, *words = comment.split(None, 1)
    rest = words[0] if words else ""
    column = lines[number].index(MARK)
    whole = lines[number].replace(MARK, "")
    keeps = name == "errors" or rest.startswith("keep")
    kept = whole if keeps else whole[:column] + (")" if name == "call" else "")
    cleared = [each.replace(MARK, "") if "#?" not in each else "" for each in lines]
    text = "\n".join([*cleared[:number], kept, *cleared[number + 1 :]])
    offset = sum(len(each) + 1 for each in cleared[:number]) + column
    stop = offset + (lines[number].rindex(MARK) - 1 - column if name == "errors" else 0)
    return Case(path, number + 1, text, offset, stop, name, tuple(rest.removeprefix("keep").split()))


@pytest.fixture(scope="module")
def analyser() -> JediAnalyser:
    return JediAnalyser(Options(str(FIXTURES), python=sys.prefix))


def check(analyser: JediAnalyser, case: Case) -> None:
    """Ask the question of the case and compare the answer with its comment."""
    CHECKS[case.name](analyser, case)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_question(analyser: JediAnalyser, case: Case) -> None:
    if case.path.stem == "members_models":
        pytest.importorskip("pydantic")
    check(analyser, case)


def test_there_are_enough_cases() -> None:
    assert len(cases()) >= 150


def ask(analyser: JediAnalyser, case: Case, question: type[Any]) -> Any:
    source = Source(str(case.path), case.text)
    return analyser.answer(question(source, case.offset), Deadline.after_ms(60_000))


def assert_names(names: set[str], words: tuple[str, ...]) -> None:
    wanted = {word for word in words if word not in ("complete", "open") and not word.startswith("!")}
    assert wanted <= names
    assert not {word[1:] for word in words if word.startswith("!")} & names


def assert_verdict(is_complete: bool, words: tuple[str, ...], reason: str = "") -> None:
    if "complete" in words:
        assert is_complete, reason
    if "open" in words:
        assert not is_complete


def check_members(analyser: JediAnalyser, case: Case) -> None:
    answer = ask(analyser, case, MembersQuestion)
    assert answer is not None
    assert_verdict(answer.is_complete, case.words, answer.reason)
    assert_names({member.name for member in answer.members}, case.words)
    assert answer.is_complete == (answer.reason == "")


def check_expected(analyser: JediAnalyser, case: Case) -> None:
    expected = ask(analyser, case, ExpectedTypeQuestion).expected
    text, _, literals = " ".join(case.words).partition(" {")
    if text == "none":
        assert expected is None
        return
    assert expected is not None
    assert expected.type == text
    # Quoted words keep their quotation marks.
    assert list(expected.literals) == shlex.split(literals.rstrip("}"), posix=False)


def check_scope(analyser: JediAnalyser, case: Case) -> None:
    assert_names({name.name for name in ask(analyser, case, ScopeQuestion).names}, case.words)


def check_call(analyser: JediAnalyser, case: Case) -> None:
    call = ask(analyser, case, CallQuestion)
    name, *facts = case.words
    assert call.signatures[0].name == name
    assert_verdict(call.is_complete, tuple(facts))
    for fact in facts:
        key, _, value = fact.partition("=")
        if key == "index":
            assert str(call.signatures[0].index).lower() == value
        elif key == "keywords":
            assert call.free_keywords == tuple(value.split(","))


def check_import(analyser: JediAnalyser, case: Case) -> None:
    answer = ask(analyser, case, ImportableNamesQuestion)
    module, *words = case.words
    assert (answer.module or "none") == module
    assert_verdict(answer.is_complete, tuple(words), answer.reason)
    assert_names({member.name for member in answer.members}, tuple(words))


def check_types(analyser: JediAnalyser, case: Case) -> None:
    definitions = ask(analyser, case, RelevantTypesQuestion).definitions
    assert tuple(each.name for each in definitions) == case.words
    assert all(re.match(rf"class {each.name}\b", each.text) for each in definitions)


def check_headers(analyser: JediAnalyser, case: Case) -> None:
    headers = ask(analyser, case, RelevantHeadersQuestion).headers
    assert_names({header.name for header in headers}, case.words)
    assert [header.score for header in headers] == sorted((each.score for each in headers), reverse=True)


def check_imports(analyser: JediAnalyser, case: Case) -> None:
    modules = ask(analyser, case, ImportsQuestion).modules
    module, *apis = case.words
    found = next(each for each in modules if each.module == module)
    assert_names({f"{api.owner}.{api.name}" if api.owner else api.name for api in found.apis}, tuple(apis))
    assert found.is_local == (module != "json")


def check_errors(analyser: JediAnalyser, case: Case) -> None:
    source = Source(str(case.path), case.text)
    question = StaticErrorsQuestion(source, case.offset, case.stop)
    answer = analyser.answer(question, Deadline.after_ms(60_000))
    assert answer is not None
    assert tuple(dict.fromkeys(error.kind for error in answer.errors)) == case.words


CHECKS: dict[str, Callable[[JediAnalyser, Case], None]] = {
    "members": check_members,
    "expected": check_expected,
    "scope": check_scope,
    "call": check_call,
    "import": check_import,
    "types": check_types,
    "headers": check_headers,
    "imports": check_imports,
    "errors": check_errors,
}
