"""``holesmith complete``: what it prints, and one clear line for whatever it can't use."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from holesmith.cli.complete import add_parser, show
from holesmith.cli.main import main
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.hole_report import HoleReport
from holesmith.engine.files.weight_source import WeightSource

HOLESMITH = Path(sys.executable).with_name("holesmith")


def fails_with(capsys: pytest.CaptureFixture[str], message: str, *arguments: str | Path) -> None:
    """The command prints one line on stderr that contains ``message``, nothing else, and exits with 1."""
    assert main(["complete", *map(str, arguments)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("holesmith: error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text("x = 1\ny = 2\n")
    return path


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fails_with(capsys, "no such file", tmp_path / "none.py", "1", "0")


def test_a_directory(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fails_with(capsys, "not a regular file", tmp_path, "1", "0")


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("0", "0", "no line 0"),
        ("4", "0", "no line 4; lines go from 1 to 3"),
        ("1", "6", "its columns go from 0 to 5"),
        ("1", "99", "no column 99"),
    ],
)
def test_a_position_outside_the_file(
    capsys: pytest.CaptureFixture[str], source: Path, line: str, column: str, message: str
) -> None:
    fails_with(capsys, message, source, line, column)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x7fELF\x00\x01", "binary"),
        (b"x = '\xff\xfe'\n", "not UTF-8 at byte 5"),
        (b"x" * 10_000_000, "10,000,000 bytes"),
    ],
)
def test_a_file_that_is_not_source_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, data: bytes, message: str
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    fails_with(capsys, message, path, "1", "0")


def test_an_environment_that_is_none(capsys: pytest.CaptureFixture[str], source: Path) -> None:
    fails_with(capsys, "/nowhere is no Python environment", source, "1", "0", "--python", "/nowhere")


def test_a_model_nobody_knows(capsys: pytest.CaptureFixture[str], source: Path) -> None:
    fails_with(capsys, "qwen2.5-coder-0.5b", source, "1", "0", "--model", "qwen2.5-coder-0.6b")


def test_a_truncated_model_file(capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\x01" * 20)
    fails_with(capsys, "m.gguf", source, "1", "0", "--model", str(model))


@pytest.mark.parametrize(
    "arguments", [["a.py"], ["a.py", "one", "0"], ["a.py", "1", "0", "--max-tokens", "0"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["complete", *arguments])
    assert exit_info.value.code == 2


@pytest.mark.slow
def test_the_real_model_completes_a_file_on_disk(real_model_path: WeightSource, tmp_path: Path) -> None:
    path = tmp_path / "numbers.py"
    path.write_text("def add(first, second):\n    return first + \n\n\nprint(add(1, 2))\n")
    command = [HOLESMITH, "complete", path, "2", "19", "--json", "--model", real_model_path.path]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    answer = json.loads(run.stdout)
    assert answer["text"] == "second"
    assert answer["range"] == {"start": {"line": 2, "column": 19}, "stop": {"line": 2, "column": 19}}
    assert {"model", "timings_ms", "monitors", "context", "finish"} <= set(answer)
    assert answer["timings_ms"]["total"] > 0
    # An empty file is no reason to fail either.
    path.write_text("")
    run = subprocess.run(
        [*command[:3], "1", "0", "--model", real_model_path.path], capture_output=True, check=False
    )
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("flag", "form"), [("--explain", "text"), ("--explain=text", "text"), ("--explain=html", "html")]
)
def test_the_flag_of_the_explanation_may_stand_before_the_file(flag: str, form: str) -> None:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    for arguments in (["complete", flag, "a.py", "1", "0"], ["complete", "a.py", "1", "0", flag]):
        parsed = parser.parse_args(arguments)
        assert (parsed.explain, parsed.file) == (form, Path("a.py"))
    assert parser.parse_args(["complete", "a.py", "1", "0"]).explain is None


ANSWER = Answer(Completion("y = 3", 0, 0, 0.9), "shown", "tiny", "stop", generated="y = 3\n")
HOLE = HoleReport("statement", "", None, None, None, None, None)


def test_an_explanation_goes_to_standard_error_and_the_completion_to_standard_output(
    capsys: pytest.CaptureFixture[str], source: Path
) -> None:
    show(ANSWER, Snapshot(str(source), "python", "x = 1\n", 0), HOLE)
    printed = capsys.readouterr()
    assert printed.out == "y = 3\n"
    assert "▌ Why it was shown" in printed.err
    assert f"At {source}:1 on an empty line." in " ".join(printed.err.split())


def test_without_an_explanation_a_missing_completion_is_one_line(
    capsys: pytest.CaptureFixture[str], source: Path
) -> None:
    nothing = Answer(None, "the document is binary", "")
    show(nothing, Snapshot(str(source), "python", "x = 1\n", 0), None)
    assert capsys.readouterr().err == "holesmith: no completion: the document is binary\n"


def test_a_source_of_context_that_there_is_not(capsys: pytest.CaptureFixture[str], source: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["complete", str(source), "1", "0", "--sources", "similar,rumours"])
    assert "unknown source rumours; the sources are bm25, " in capsys.readouterr().err
