"""The command eval, from rows that it builds to reports and comparisons; without a model."""

import json
from pathlib import Path

import pytest
from holesmith.cli.main import main

CODE = '''def add_book(shelf, title):
    """Put one more at the end of a shelf."""


def remove_book(shelf, title):
    """Take one out of a shelf again."""


def count_pages(title):
    """How many leaves there are in something."""
'''


@pytest.fixture
def rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "repositories" / "store").mkdir(parents=True)
    (tmp_path / "repositories" / "store" / "books.py").write_text(CODE)
    out = tmp_path / "rows.jsonl"
    source = str(tmp_path / "repositories")
    assert main(["eval", "build", "apieval", source, "--task", "conversation", "--out", str(out)]) == 0
    assert "3 rows" in capsys.readouterr().out
    return out


def arguments(rows: Path, out: Path, *more: str) -> list[str]:
    data = ["--data", str(rows), "--repositories", str(rows.parent / "repositories")]
    task = ["--task", "conversation", "--mode", "retrieval"]
    return ["eval", "apieval", *data, *task, "--out", str(out), *more]


def test_a_run_writes_its_folder_and_is_resumed(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(arguments(rows, out, "--json")) == 0
    summary = json.loads(capsys.readouterr().out)
    scores = {each["metric"]: each["interval"]["mean"] for each in summary["results"] if not each["slice"]}
    assert scores["retrieved"] == pytest.approx(2 / 3)
    assert {path.name for path in out.iterdir()} == {
        "plan.json",
        "rows.jsonl",
        "summary.json",
        "summary.txt",
        "report.html",
    }
    before = (out / "rows.jsonl").read_bytes()
    assert main(arguments(rows, out)) == 0
    assert (out / "rows.jsonl").read_bytes() == before
    assert main(["eval", "report", str(out)]) == 0
    assert "retrieved" in capsys.readouterr().out


def test_runs_are_compared(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(arguments(rows, first)) == 0
    assert main(arguments(rows, second, "--seed", "3")) == 0
    capsys.readouterr()
    assert main(["eval", "compare", str(first), str(second), "--json"]) == 0
    differences = json.loads(capsys.readouterr().out)
    assert {each["interval"]["mean"] for each in differences} == {0}
    assert main(["eval", "compare", str(first), str(second)]) == 0
    assert "0 / 0" in capsys.readouterr().out


def check_refused(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_what_can_not_be_run_is_one_line(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(arguments(rows, out)) == 0
    capsys.readouterr()
    check_refused(arguments(rows, out, "--limit", "1"), "another limit", capsys)
    check_refused(arguments(rows.with_name("gone"), tmp_path / "b"), "gone: no such file", capsys)
    check_refused(arguments(rows, tmp_path / "c", "--grid", "colour=red"), "--grid colour=red", capsys)
    check_refused(arguments(rows, tmp_path / "d", "--temperatures", "hot"), "--temperatures hot", capsys)
    check_refused(arguments(rows, tmp_path / "e", "--ray", "nowhere"), "--ray needs the package ray", capsys)
    check_refused(["eval", "repo", str(tmp_path), "--kinds", "x"], "--kinds x: use some of", capsys)
    check_refused(["eval", "compare", str(out), str(tmp_path / "f")], "not the folder of a run", capsys)


def test_several_processes_give_the_same_rows(rows: Path, tmp_path: Path) -> None:
    assert main(arguments(rows, tmp_path / "one")) == 0
    assert main(arguments(rows, tmp_path / "two", "--workers", "2", "--device", "cpu")) == 0
    one, two = ((tmp_path / name / "rows.jsonl").read_text().splitlines() for name in ("one", "two"))
    assert sorted(one) == sorted(two)
