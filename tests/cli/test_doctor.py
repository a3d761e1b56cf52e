"""The command ``holesmith doctor``: each judgement, and that a broken check hides no other."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import holesmith.cli.main as command_line
import pytest
from holesmith.cli import doctor
from holesmith.cli.checks.diagnosis import Check, Finding, Outcome, diagnose
from holesmith.cli.checks.machine_checks import (
    Accelerators,
    available_bytes,
    check_cache_directory,
    check_index_directory,
    check_packages,
    check_processor,
    check_python,
    check_torch,
    judge_directory,
    judge_memory,
    judge_packages,
    judge_processor,
    judge_torch,
)
from holesmith.cli.checks.model_checks import check_completion, check_models, judge_answer
from holesmith.cli.checks.tool_checks import (
    check_analysis,
    check_environment,
    check_git,
    check_grammars,
    first_line,
    judge_editors,
    judge_members,
)
from holesmith.cli.doctor import announced
from holesmith.completion.answer import Answer, Completion
from holesmith.completion.status import Status
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.store import Record, StoredFile, write_record

CPU_TORCH = Accelerators(torch="2.13.0", cuda=None, gpus=(), has_driver=False, threads=8)
READY = Status("ready", "tiny on cpu")


def check(finding: Finding, outcome: Outcome, *words: str) -> None:
    """The finding has this outcome, all words are in it, and whatever is not well has a remedy."""
    assert finding.outcome == outcome, finding
    text = f"{finding.detail} {finding.remedy}"
    for word in words:
        assert word in text
    assert "\n" not in text
    assert (outcome == "ok") == (finding.remedy == "")


def breaks() -> Finding:
    raise ValueError("first line\nsecond line")


def works() -> Finding:
    return Finding("works", "ok", "well")


def test_a_broken_check_hides_no_other() -> None:
    broken, fine = diagnose(Check("breaks", breaks)), diagnose(Check("works", works))
    check(broken, "failed", "the check itself failed (ValueError: first line second line)")
    assert broken.name == "breaks"
    assert fine == works()


class Told(io.StringIO):
    """A standard error that says when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_told = Event()

    def flush(self) -> None:
        super().flush()
        self.is_told.set()


def test_a_check_that_takes_long_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    monkeypatch.setattr("sys.stderr", told)
    with announced(Check("completion", works), after_seconds=0.0):
        assert told.is_told.wait(20)
    assert told.getvalue().startswith("still checking: completion (the first time, ")


@pytest.fixture
def run_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs ``holesmith doctor`` with checks that find what the test says."""

    def run(findings: Sequence[Finding], *arguments: str) -> tuple[int, str]:
        checks = [Check(finding.name, lambda finding=finding: finding) for finding in findings]
        monkeypatch.setattr(command_line, "COMMANDS", ("doctor",))
        monkeypatch.setattr(doctor, "all_checks", lambda **_options: checks)  # pyright: ignore[reportUnknownLambdaType]
        status = command_line.main(["doctor", *arguments])
        return status, capsys.readouterr().out

    return run


def test_warnings_do_not_fail_and_remedies_are_shown(run_doctor: Callable[..., tuple[int, str]]) -> None:
    status, out = run_doctor([works(), Finding("git", "warning", "not found", "install git")])
    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["ok", "works", "well"],
        ["warning", "git", "not", "found"],
        ["->", "install", "git"],
    ]


def test_one_failure_is_status_one_and_json_has_all(run_doctor: Callable[..., tuple[int, str]]) -> None:
    status, out = run_doctor([Finding("models", "failed", "none", "pull one"), works()], "--json")
    assert status == 1
    assert json.loads(out) == [
        {"name": "models", "outcome": "failed", "detail": "none", "remedy": "pull one"},
        {"name": "works", "outcome": "ok", "detail": "well", "remedy": ""},
    ]


def test_every_check_names_its_finding_as_itself() -> None:
    names = [found.name for found in doctor.all_checks(verify=False, model=None, folder=Path())]
    assert len(names) == len(set(names))


def test_this_machine_runs_the_tests_so_its_foundations_are_sound() -> None:
    check(check_python(), "ok")
    check(check_packages(), "ok", "torch", "jedi")
    check(check_grammars(), "ok", "python", "java", "csharp")
    assert check_torch().outcome != "failed"
    assert check_processor().outcome != "failed"


def test_a_package_too_old_or_missing_is_named() -> None:
    versions = {"torch": "2.5.0", "jedi": "0.20.1"}
    requirements = ["torch>=2.9,<3", "jedi>=0.20.1", "tree_sitter>=0.26", "colorama; sys_platform == 'win32'"]
    finding = judge_packages(requirements, versions)
    check(
        finding,
        "failed",
        "torch<3,>=2.9 is needed, 2.5.0 is installed",
        "tree_sitter>=0.26",
        "nothing is installed",
    )
    assert "jedi" not in finding.detail
    assert "colorama" not in finding.detail


def test_a_gpu_without_a_torch_for_it_has_a_remedy() -> None:
    check(judge_torch(CPU_TORCH), "ok", "CPU with 8 threads")
    check(judge_torch(replace(CPU_TORCH, has_driver=True)), "warning", "install PyTorch built for CUDA")
    check(judge_torch(replace(CPU_TORCH, has_driver=True, cuda="13.0")), "warning", "support CUDA 13.0")
    check(judge_torch(replace(CPU_TORCH, has_driver=True, cuda="13.0", gpus=("A GPU",))), "ok", "A GPU")


def test_a_processor_without_wide_instructions_is_a_warning() -> None:
    check(judge_processor(16, "AVX512", 8), "ok", "8 cores", "16 rows")
    check(judge_processor(None, "AVX2", 8), "ok", "torch computes with AVX2")
    check(judge_processor(None, "DEFAULT", 2), "warning", "without AVX2")


def test_memory_is_what_is_available_not_what_is_free(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 8000 kB\nMemFree: 1000 kB\nMemAvailable:    4000 kB\n")
    assert available_bytes(meminfo) == 4_096_000
    assert available_bytes(tmp_path / "nowhere") > 0
    check(judge_memory(4_000_000_000, 2_000_000_000), "ok")
    check(judge_memory(1_000_000_000, 2_000_000_000), "warning", "1.00 GB available")


def test_a_directory_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    assert judge_directory("cache", tmp_path / "a" / "b", "NAME", "loss").outcome == "ok"
    assert check_cache_directory().name == "cache directory"


def test_the_directory_of_the_indexes_is_the_one_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path / "file" / "cache"))
    check(check_index_directory(), "warning", "file/cache/index", "set HOLESMITH_CACHE")
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path))
    assert check_index_directory().outcome != "failed"


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_is_told_what_to_set() -> None:
    check(check_index_directory(), "failed", "no home", "set HOLESMITH_CACHE")
    check(check_cache_directory(), "failed", "no home", "set HOLESMITH_CACHE")


def test_a_directory_that_cannot_be_written_says_what_that_costs_and_names_the_variable() -> None:
    finding = judge_directory("cache", Path("/proc/holesmith"), "NAME", "nothing is kept")
    check(finding, "warning", "nothing is kept", "set NAME")


def test_models_none_whole_and_damaged(tmp_path: Path) -> None:
    check(check_models(verify=False, root=tmp_path), "failed", "`holesmith model pull qwen2.5-coder-0.5b`")
    directory = tmp_path / "tiny"
    directory.mkdir()
    (directory / "tiny.gguf").write_bytes(b"GGUF")
    file = StoredFile("tiny.gguf", 4, "0" * 64)
    write_record(Record("tiny", None, "a test", None, (file,)), directory)
    check(check_models(verify=False, root=tmp_path), "ok", "tiny (sizes as recorded)")
    check(
        check_models(verify=True, root=tmp_path),
        "failed",
        "does not have the SHA-256",
        "`holesmith model pull tiny`",
    )
    (directory / "tiny.gguf").write_bytes(b"GGU")
    check(
        check_models(verify=False, root=tmp_path),
        "failed",
        "3 bytes instead of 4",
        "`holesmith model pull tiny`",
    )


def test_an_answer_is_judged_by_what_came() -> None:
    answer = Answer(Completion("a - b", 0, 0, 0.9), "", "tiny", timings_ms={"total": 12.0})
    nothing = Answer(None, "repeats the suffix", "tiny")
    broken = Answer(None, "decoding failed", "tiny")
    check(judge_answer(READY, 1.0, answer, READY), "ok", "wrote 'a - b' in 12 ms")
    check(judge_answer(READY, 1.0, nothing, READY), "warning", "repeats the suffix")
    check(judge_answer(READY, 1.0, broken, replace(READY, failures=1)), "failed", "decoding failed")


def test_a_model_that_is_not_there_fails_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path))
    finding = check_completion("qwen2.5-coder-0.5b")
    assert finding.outcome == "failed"
    assert "`holesmith model pull qwen2.5-coder-0.5b` brings it" in finding.detail


@pytest.mark.slow
def test_the_real_model_completes_a_line(real_model_path: WeightSource) -> None:
    check(check_completion(str(real_model_path.path)), "ok", "a - b")


def test_the_analysis_worker_answers() -> None:
    check(check_analysis(), "ok", "members of pathlib.Path")


def test_analysis_that_is_silent_or_wrong_is_a_warning() -> None:
    check(judge_members(None, "late", 150.0), "warning", "gave no answer: late")
    check(judge_members({"exists"}, "", 9.0), "warning", "does not know pathlib.Path.read_text")
    check(judge_members({"read_text"}, "", 9.0), "ok", "1 members of pathlib.Path in 9 ms")


@pytest.mark.parametrize(
    ("neovim", "vs_codes", "outcome", "words"),
    [
        ("NVIM v0.12.4", [], "ok", "NVIM v0.12.4 (ghost text)"),
        ("NVIM v0.11.4", [], "ok", "NVIM v0.11.4 (ghost text through the plugin in editors/neovim)"),
        ("NVIM v0.11.4", ["code"], "ok", "ghost text through the plugin"),
        ("NVIM v0.10.2", [], "warning", "needs Neovim 0.11 or newer"),
        ("NVIM v0.10.2", ["code"], "ok", "no ghost text; it needs Neovim 0.11 and the plugin"),
        ("something else", [], "warning", "update Neovim"),
        (None, ["codium"], "ok", "codium"),
        (None, [], "warning", "textDocument/inlineCompletion"),
    ],
)
def test_editors_by_what_their_client_can_do(
    neovim: str | None, vs_codes: list[str], outcome: Outcome, words: str
) -> None:
    check(judge_editors(neovim, vs_codes), outcome, words)


def test_a_program_that_is_not_there_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert first_line("nvim", tmp_path / "project") is None
    check(check_git(tmp_path / "project"), "warning", "install git")
    program = tmp_path / "git"
    program.write_text("not a program")
    program.chmod(0o755)
    assert first_line("git", tmp_path / "project") is None


def test_the_environment_of_the_project_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    assert check_environment(tmp_path).outcome == "warning"
    (tmp_path / ".venv" / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    finding = check_environment(tmp_path)
    assert finding.outcome == "ok"
    assert f"Python 3.12 in {tmp_path / '.venv'} (.venv)" in finding.detail


@pytest.mark.parametrize("entry", [".", "bin", "{project}", "{project}/bin", "{link}"])
def test_no_program_of_the_project_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    project, mark = tmp_path / "project", tmp_path / "was-run"
    for folder in (project, project / "bin"):
        folder.mkdir()
        for name in ("git", "nvim", "code"):
            (folder / name).write_text(f"#!/bin/sh\necho git version 1 >>'{mark}'\n")
            (folder / name).chmod(0o755)
    (tmp_path / "link").symlink_to(project / "bin")
    monkeypatch.chdir(project)
    monkeypatch.setenv("PATH", entry.format(project=project, link=tmp_path / "link"))
    checks = {each.name: each for each in doctor.all_checks(verify=False, model=None, folder=project)}
    check(checks["git"].find(), "warning", "not found on PATH")
    check(checks["editors"].find(), "warning", "neither Neovim nor VS Code")
    assert not mark.exists()
