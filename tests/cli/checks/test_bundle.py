"""``holesmith doctor --bundle``: enough to find a fault, and nothing that is the user's own."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from holesmith.cli import doctor
from holesmith.cli.checks import machine_checks, tool_checks
from holesmith.cli.checks.diagnosis import Check, Finding
from holesmith.cli.main import main

SOURCE = "def launch_codes(): return 'swordfish-4711'"
SECRET = "AKIAIOSFODNN7EXAMPLE"
LOG = f"""\
2026-05-01 10:00:00,123 INFO holesmith.lsp.server: file:///home/alicewonder/acme-merger/plan.py is too long
2026-05-01 10:00:01,456 ERROR holesmith.lsp.server: a handler failed: {SOURCE}
Traceback (most recent call last):
  File "/home/alicewonder/env/lib/python3.11/site-packages/holesmith/lsp/server.py", line 77, in change
    raise ValueError({SOURCE!r})
  File "/home/alicewonder/acme-merger/plan.py", line 3, in plan
ValueError: {SOURCE}
{SOURCE}
[Error - 10:00:02] 2026-05-01 10:00:02,000 WARNING holesmith.context.index: {SECRET}
"""
SETTINGS = {
    "model": "/home/alicewonder/models/acme-merger.gguf",
    "device": "cuda:1",
    "analysis": {"python": "/home/alicewonder/acme-merger/env"},
    "inline": {"tokensMax": 99, "lines": "single"},
    "menu.enabled": False,
    SECRET: SECRET,
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's project, in which the command is called."""
    home = tmp_path / "home" / "alicewonder"
    root = home / "acme-merger"
    (root / ".venv" / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    (root / "plan.py").write_text(f"{SOURCE}\n")
    (root / ".env").write_text(f"AWS_ACCESS_KEY_ID={SECRET}\n")
    (root / "pyproject.toml").write_text('[project]\nname = "acme-merger"\n')
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "alicewonder")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("VIRTUAL_ENV", str(home / "acme-merger-env"))
    monkeypatch.setenv("HOLESMITH_MODELS", str(home / "acme models"))
    monkeypatch.chdir(root)
    return root


def breaks() -> Finding:
    raise ValueError(f"{SECRET} {SOURCE}")


def checks(**_: object) -> Sequence[Check]:
    """Those of which the findings have paths, and one that fails with what it read."""
    return (
        Check("python", machine_checks.check_python),
        Check("packages", machine_checks.check_packages),
        Check("model directory", machine_checks.check_model_directory),
        Check("cache directory", machine_checks.check_cache_directory),
        Check("environment", lambda: tool_checks.check_environment(Path.cwd())),
        Check("grammars", breaks),
        Check("models", lambda: Finding("models", "failed", "/srv/alicewonder/m/w.gguf has 3 bytes", "x")),
    )


def no_checks(**_: object) -> Sequence[Check]:
    return ()


def written(workspace: Path, monkeypatch: pytest.MonkeyPatch, *, with_files: bool = True) -> str:
    monkeypatch.setattr(doctor, "all_checks", checks)
    log, settings = workspace.parent / "lsp.log", workspace.parent / "settings.json"
    log.write_text(LOG)
    settings.write_text(json.dumps(SETTINGS))
    more = ["--log", str(log), "--settings", str(settings)] if with_files else []
    file = workspace.parent.parent / "report.txt"
    assert main(["doctor", "--bundle", str(file), *more]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text()


def test_nothing_of_the_users_own_is_in_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = written(workspace, monkeypatch)
    for private in ("alicewonder", "acme", "swordfish", "launch_codes", SECRET, "plan.py", str(workspace)):
        assert private not in text
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_helps_is_in_it(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(workspace, monkeypatch).splitlines()
    for line in (
        "ok       environment      Python 3.12 (.venv)",
        "failed   grammars         the check itself failed (ValueError)",
        "failed   models           <path> has 3 bytes",
        "model = (set)",
        'device = "cuda:1"',
        "analysis.python = (set)",
        "inline.tokensMax = 99",
        'inline.lines = "single"',
        "menu.enabled = false",
        "wrong or unknown: 1",
        "2026-05-01 10:00:01,456 ERROR holesmith.lsp.server",
        "    lsp/server.py:77",
        "    ValueError",
        "2026-05-01 10:00:02,000 WARNING holesmith.context.index",
    ):
        assert line in lines
    assert any(line.startswith("holesmith ") for line in lines)
    assert any("HOLESMITH_MODELS" in line and "VIRTUAL_ENV" in line for line in lines)


def test_without_log_and_settings_it_says_how_to_add_them(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = written(workspace, monkeypatch, with_files=False)
    assert "not given: --settings FILE" in text
    assert "not given: --log FILE" in text


@pytest.mark.parametrize("option", ["--log", "--settings"])
def test_what_cannot_be_read_is_one_line(
    option: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "all_checks", no_checks)
    assert main(["doctor", "--bundle", str(workspace.parent / "r.txt"), option, "none-such"]) == 1
    assert capsys.readouterr().err == "holesmith: error: none-such: no such file\n"
    assert not (workspace.parent / "r.txt").exists()


def test_no_file_is_written_over(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "all_checks", no_checks)
    assert main(["doctor", "--bundle", "plan.py"]) == 1
    assert "plan.py exists already" in capsys.readouterr().err
    assert (workspace / "plan.py").read_text() == f"{SOURCE}\n"
