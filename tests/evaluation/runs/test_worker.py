"""What a worker needs of the machine: the repository's index for context, a copy of it for a checker."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from holesmith.evaluation.case import Case, Passage
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.metrics.checker import Checker
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.worker import Worker, WorkerSetup

from tests.engine.tiny_t5 import save_tiny_t5
from tests.fakes import FakeEngine

SHELF = '''class Shelf:
    def add_book(self, title: str) -> None:
        """Put a book at the end."""
'''
STOCK = "from shelf import Shelf\n\nshelf = Shelf()\nshelf."


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A hole in one of two files of a repository, whose index goes into a cache of its own."""
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "shelf.py").write_text(SHELF)
    (root / "stock.py").write_text(STOCK + "add_book('x')\n")
    return Case(
        "stock", "shop", "stock.py", "python", STOCK, "\n", "add_book('x')", "line", workspace=str(root)
    )


def answer(case: Case, configuration: Configuration, checker: str | None = None) -> Row:
    worker = Worker(WorkerSetup("repo", "cpu", checker, loader=lambda options: FakeEngine("add_book('x')\n")))
    try:
        return worker.answer(Named("one", configuration), case)
    finally:
        worker.close()


def test_mode_context_shows_other_files_and_says_which(case: Case) -> None:
    row = answer(case, Configuration(mode="context"))
    assert "def add_book" in row.prompt
    assert {use["path"] for use in row.context} == {"shelf.py"}
    assert row.scores["exact_match"] == 1
    assert row.scores["exists"] == 1


def test_without_sources_only_the_file_is_shown(case: Case) -> None:
    row = answer(case, Configuration(mode="context", sources=()))
    assert "def add_book" not in row.prompt
    assert not row.context


def test_the_truth_is_not_taken_from_the_file_on_disk(case: Case) -> None:
    assert "add_book('x')" not in answer(case, Configuration(mode="context")).prompt


def test_what_context_needs_is_asked_for(case: Case) -> None:
    with pytest.raises(EvaluationError, match="no such source of context: rumours; there are"):
        answer(case, Configuration(mode="context", sources=("rumours",)))
    with pytest.raises(EvaluationError, match="stock: mode context needs its repository"):
        answer(replace(case, workspace=None), Configuration(mode="context"))


def test_the_pipeline_answers_as_in_an_editor(case: Case) -> None:
    row = answer(case, Configuration(context=False, monitor=False))
    assert (row.samples[0].text, row.samples[0].finish) == ("add_book('x')", "shown")


def test_the_pipeline_takes_the_sources_it_is_given(case: Case) -> None:
    assert "def add_book" in answer(case, Configuration(sources=("imports",), monitor=False)).prompt
    assert "def add_book" not in answer(case, Configuration(sources=(), monitor=False)).prompt
    facts = answer(case, Configuration(sources=("facts",), monitor=False))
    assert {use["source"] for use in facts.context} == {"members"}
    with pytest.raises(EvaluationError, match="no such source of context: rumours"):
        answer(case, Configuration(sources=("rumours",)))


def test_a_checker_judges_the_answer_in_a_copy(case: Case) -> None:
    command = shlex.join([sys.executable, "-m", "py_compile"]) + " {file}"
    row = answer(case, Configuration(mode="prior"), checker=command)
    assert row.scores["type_checks"] == 1
    assert case.workspace is not None
    assert (Path(case.workspace) / "stock.py").read_text() == STOCK + "add_book('x')\n"
    with Checker(command) as checker:
        assert checker.passes(case, "add_book(") is False
        assert checker.passes(case, "clear()") is True
        assert checker.passes(replace(case, workspace=None), "clear()") is None


def test_a_checker_that_fails_on_the_truth_too_counts_complaints(case: Case) -> None:
    script = "import sys; [print('bad') for c in open(sys.argv[1]).read() if c == '(']; sys.exit(1)"
    with Checker(shlex.join([sys.executable, "-c", script]) + " {file}") as checker:
        assert checker.passes(case, "other(1)") is True
        assert checker.passes(case, "other(f(1))") is False


def test_a_checker_that_is_not_there_is_told(case: Case) -> None:
    with pytest.raises(EvaluationError, match="no such command: no-such-checker"):
        answer(case, Configuration(mode="prior"), checker="no-such-checker {file}")


def test_repofusions_own_model_reads_all_passages(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "t5"
    folder.mkdir()
    passages = (Passage("a", "w1 w2"), Passage("b", ""), Passage("codex", "w3"))
    retrieved = replace(case, passages=passages, facts={"question": "w4"})
    configuration = Configuration(
        model=str(save_tiny_t5(folder)), mode="fusion-in-decoder", tokens_max=6, passage_tokens=32
    )
    row = answer(retrieved, configuration)
    assert row.error is None
    assert row.prompt.split("\n") == [
        "rule_name: a rule_context: w1 w2 hole_context: w4 ",
        "rule_name: codex rule_context: w3 hole_context: w4 ",
    ]
    assert row.samples[0].text.split()
    with pytest.raises(EvaluationError, match="needs --model"):
        answer(retrieved, replace(configuration, model=None))
