"""What commands print of others' text: a terminal obeys none of it, and what is harmless is exact."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import holesmith.cli.complete as complete_command
import pytest
from holesmith.cli import doctor
from holesmith.cli.checks.diagnosis import Check, Finding
from holesmith.cli.main import main
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.hole_report import HoleReport
from holesmith.engine.store.store import Record, StoredFile, write_record

ORDERS = "\x1b]0;owned\x07\x9b2J\u202e\u2066\u200b\U000e0041\x7f\rgone"
OBEYED = set(ORDERS) - set("]0;owned2Jgone")
HOLESMITH = Path(sys.executable).with_name("holesmith")


def check_shown(text: str) -> None:
    """Nothing of the orders is obeyed or hidden; what they would have done is there to read."""
    assert not OBEYED & set(text)
    assert "\\x1b]0;owned\\x07" in text or "\\u001b]0;owned\\u0007" in text
    assert "\\u202e" in text


@pytest.fixture
def completes(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets ``holesmith complete`` find this text, without any model."""

    def say(text: str) -> None:
        async def answer(
            snapshot: Snapshot, options: Options, *, explain: bool
        ) -> tuple[Answer, HoleReport | None]:
            shown = Completion(text, snapshot.offset, snapshot.offset, 0.5)
            return Answer(shown, "shown", "fake", prompt=text, generated=text), None

        monkeypatch.setattr(complete_command, "complete_once", answer)

    return say


def complete(tmp_path: Path, *more: str) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = \n")
    assert main(["complete", str(file), "1", "4", "--no-context", *more]) == 0


def test_a_completion_is_shown_with_escapes(
    completes: Callable[[str], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    completes(f'"{ORDERS}"')
    complete(tmp_path)
    check_shown(capsys.readouterr().out)


def test_json_means_the_same_and_gives_no_orders_either(
    completes: Callable[[str], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    completes(f'"{ORDERS}"')
    complete(tmp_path, "--json")
    printed = capsys.readouterr().out
    check_shown(printed)
    assert json.loads(printed)["text"] == f'"{ORDERS}"'


def test_text_without_anything_hidden_is_exact(
    completes: Callable[[str], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = 'f(\n\t"é 東京 👩‍💻 \\x1b می\u200cخواهم\xa0",\n)'
    completes(text)
    complete(tmp_path)
    assert capsys.readouterr().out == f"{text}\n"


@pytest.mark.parametrize("verb", [["list"], ["list", "--json"]])
def test_what_a_hub_says_of_a_model(
    verb: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path))
    folder = tmp_path / "owner--model"
    folder.mkdir()
    (folder / "w.gguf").write_bytes(b"x")
    write_record(Record("owner/model", ORDERS, "hub", None, (StoredFile("w.gguf", 1, "0" * 64),)), folder)
    main(["model", *verb])
    check_shown(capsys.readouterr().out)


def test_what_is_found_by_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = Check("environment", lambda: Finding("environment", "warning", f"Python {ORDERS}", ORDERS))

    def all_checks(**_: object) -> list[Check]:
        return [found]

    monkeypatch.setattr(doctor, "all_checks", all_checks)
    assert main(["doctor"]) == 0
    check_shown(capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments", [["index", ORDERS], ["complete", ORDERS, "1", "0"], ["model", "path", ORDERS]]
)
def test_errors_name_what_they_are_about(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    check_shown(capsys.readouterr().err)


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["lsp", "--tcp", ORDERS])
    check_shown(capsys.readouterr().err)


def test_the_streams_are_the_old_ones_afterwards(tmp_path: Path) -> None:
    before = sys.stdout, sys.stderr
    main(["index", str(tmp_path / "none")])
    assert (sys.stdout, sys.stderr) == before


def test_a_terminal_gets_no_orders_from_a_folders_name(tmp_path: Path) -> None:
    """The real command on a real terminal."""
    folder = tmp_path / "a\x1b]0;owned\x07b\u202e"
    folder.mkdir()
    leader, follower = pty.openpty()
    try:
        command = [HOLESMITH, "complete", folder / "none.py", "1", "0"]
        status = subprocess.run(command, stdout=follower, stderr=follower, check=False, timeout=60).returncode
        shown = os.read(leader, 10_000).decode()
    finally:
        os.close(leader)
        os.close(follower)
    assert status == 1
    check_shown(shown.replace("\r\n", "\n"))
