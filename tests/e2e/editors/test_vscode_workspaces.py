"""The VS Code extension's own code in workspaces that want to be run: what it starts, from where, and what it shows."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.scripts.small_wheels import build_wheel, write_locks

RUN = Path(__file__).with_name("extension") / "run"
UNAVAILABLE = 3  # the exit status of `run` where there is no Node
MAKE_ENVIRONMENT = Path(__file__).parents[3] / "scripts" / "make_environment.py"

SERVER = """
import json, os, sys
def main():
    steering = sorted(name for name, value in os.environ.items() if name.startswith("PYTHON") and value)
    print(json.dumps([sys.argv[1:], os.getcwd(), steering]), file=open(os.path.dirname(__file__) + "/started", "a"))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass(slots=True)
class Machine:
    """A hostile workspace, a folder for the extension and one for what it stores; outside of it a program on PATH."""

    home: Path
    settings: dict[str, object] = field(default_factory=dict[str, object])
    workspace_settings: dict[str, object] = field(default_factory=dict[str, object])
    answer: str = ""
    notifications: Sequence[tuple[str, Mapping[str, object]]] = ()
    page: Mapping[str, str] | None = None
    # More of a job: see extension/session.mjs.
    more: Mapping[str, object] = field(default_factory=dict[str, object])
    locations: Sequence[Sequence[object]] = ()

    @property
    def workspace(self) -> Path:
        return self.home / "workspace"

    @property
    def own_program(self) -> Path:
        return self.home / "own" / "holesmith"

    @property
    def interpreter(self) -> Path:
        return self.home / "interpreters" / "python3"

    def marks(self) -> list[str]:
        """Which planted files have been run."""
        return sorted(path.name for path in (self.home / "marks").iterdir())

    def plant(self) -> None:
        (self.home / "marks").mkdir()
        for folder in (".", "bin", ".venv/bin"):
            for name in ("holesmith", "python", "python3", "python3.11", "python3.12", "python3.13"):
                write_program(self.workspace / folder / name, self.home / "marks" / f"{folder} {name}".replace("/", "-"))
        for module in ("venv", "pip", "ensurepip", "sitecustomize", "usercustomize", "holesmith", "json", "argparse"):
            mark = self.home / "marks" / f"{module}.py"
            (self.workspace / f"{module}.py").write_text(f"open({str(mark)!r}, 'w')\n")

    def open(self, path: Sequence[str]) -> dict[str, Any]:
        """Open the workspace with this PATH, and behind it a folder that has an interpreter and nothing else."""
        variables = {
            "PATH": os.pathsep.join([*path, str(self.interpreter.parent)]),
            "PYTHONPATH": f":{self.workspace}",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.home / "index"),
            "PIP_CONFIG_FILE": os.devnull,
        }
        job = {
            "workspace": str(self.workspace),
            "storage": str(self.home / "storage"),
            "extension": str(self.home / "extension"),
            "environment": variables,
            "settings": self.settings,
            "workspaceSettings": self.workspace_settings,
            "answer": self.answer,
            "notifications": self.notifications,
            "page": self.page,
            **self.more,
            "locations": self.locations,
        }
        result = subprocess.run(
            [RUN], input=json.dumps(job), capture_output=True, text=True, check=False, timeout=150
        )
        if result.returncode == UNAVAILABLE:
            pytest.skip(result.stderr.strip().splitlines()[-1])
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


def write_program(program: Path, mark: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\npwd > '{mark}'\n")
    program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.plant()
    write_program(made.own_program, tmp_path / "own" / "ran")
    made.interpreter.parent.mkdir()
    made.interpreter.write_text(f"#!/bin/sh\nexec {sys.executable} \"$@\"\n")
    made.interpreter.chmod(0o755)
    (tmp_path / "link").symlink_to(made.workspace / "bin")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "holesmith").symlink_to(made.workspace / "bin" / "holesmith")
    return made


def started(session: Mapping[str, Any]) -> list[str]:
    return [each["program"] for each in session["started"]]


@pytest.mark.parametrize(
    "entry", ["", ".", "bin", ".venv/bin", "{home}/workspace/bin", "{home}/workspace/.venv/bin", "{home}/link", "{home}/links"]
)
def test_the_program_is_the_users_and_starts_elsewhere(machine: Machine, entry: str) -> None:
    session = machine.open([entry.format(home=machine.home), str(machine.own_program.parent)])
    assert started(session) == [str(machine.own_program)]
    assert (machine.home / "own" / "ran").read_text().strip() == str(Path.home())
    assert machine.marks() == []


def test_a_workspaces_setting_names_no_program(machine: Machine) -> None:
    machine.workspace_settings = {"holesmith.editor.program": str(machine.workspace / "bin" / "holesmith")}
    assert started(machine.open([str(machine.own_program.parent)])) == [str(machine.own_program)]
    assert machine.marks() == []


def test_the_users_setting_comes_first_and_must_be_absolute(machine: Machine) -> None:
    machine.settings = {"holesmith.editor.program": str(machine.own_program)}
    assert started(machine.open([])) == [str(machine.own_program)]
    machine.settings = {"holesmith.editor.program": "bin/holesmith"}
    session = machine.open([])
    assert started(session) == []
    assert any("must be an absolute path" in message for message in session["messages"])
    assert machine.marks() == []


def carry_server(machine: Machine) -> None:
    """What `npm run package` puts into the extension, with small packages."""
    server = machine.home / "extension" / "dist" / "server"
    write_locks(server / "locks", machine.home / "index")
    shutil.copy(MAKE_ENVIRONMENT, server)
    build_wheel(server, "smith", SERVER, program="holesmith")


def test_what_is_installed_is_what_the_extension_carries_and_nothing_of_the_workspace_runs(machine: Machine) -> None:
    carry_server(machine)
    machine.answer = "Install"
    session = machine.open(["", "bin", str(machine.workspace / ".venv" / "bin"), str(machine.home / "link")])
    program = machine.home / "storage" / "server" / "bin" / "holesmith"
    python, server = session["started"]
    assert python["program"] == str(machine.interpreter)
    assert python["path"] == str(machine.interpreter.parent)  # nothing of the workspace for what it starts itself
    assert server["program"] == str(program)
    assert all(each["status"] == 0 and each["cwd"] == str(Path.home()) for each in session["started"])
    (note,) = (machine.home / "storage" / "server").glob("lib/*/site-packages/started")
    assert json.loads(note.read_text()) == [["lsp"], str(Path.home()), []]
    assert machine.marks() == []
    # From now on it is the one that is started, also where PATH has another.
    assert started(machine.open([str(machine.own_program.parent)])) == [str(program)]


def test_a_carried_package_that_was_changed_is_not_installed(machine: Machine) -> None:
    carry_server(machine)
    machine.answer = "Install"
    build_wheel(machine.home / "index", "needed", source="print('another')")
    session = machine.open([])
    assert [each["status"] for each in session["started"]] == [1]
    assert not (machine.home / "storage" / "server" / "bin" / "holesmith").exists()


def test_an_extension_without_the_server_offers_to_install_nothing(machine: Machine) -> None:
    machine.answer = "Install"
    session = machine.open([])
    assert started(session) == []
    (message,) = session["messages"]
    assert "scripts/setup" in message


PICTURE = "![x](https://example.invalid/x.png) <img src='https://example.invalid/x.png'> [y](command:z)"


@pytest.mark.parametrize("part", ["message", "environment", "activity", "index_failure", "settings_problems"])
def test_what_the_server_quotes_is_neither_link_nor_picture(machine: Machine, part: str) -> None:
    status = {"health": "ready", "message": "ready", "model": "$(bug) x", "device": "cpu"}
    told = {**status, part: [PICTURE] if part == "settings_problems" else PICTURE}
    machine.notifications = [
        ("holesmith/status", told),
        ("window/showMessage", {"type": 2, "message": PICTURE}),
    ]
    session = machine.open([str(machine.own_program.parent)])
    assert PICTURE in session["tooltip"]["plain"]
    assert "$(bug)" not in session["text"]
    (message,) = session["messages"]
    assert "](" not in message


def test_a_page_runs_no_script_loads_nothing_and_links_only_to_files(machine: Machine) -> None:
    machine.page = {"title": "</title><script>x()</script>", "style": "p {}", "body": "<main>hello</main>"}
    machine.locations = [["/shop/a.py", 7], ["/shop/b.ipynb", 2], ["a.py", 7], ["/shop/a.py", "7"], [{"scheme": "http"}, 1], []]
    session = machine.open([str(machine.own_program.parent)])
    ((method, asked),) = session["asked"]
    assert (method, asked["page"], asked["linkPrefix"]) == (
        "holesmith/page", "explanation", "command:holesmith.openLocation?",
    )
    (panel,) = session["panels"]
    assert panel["options"]["enableScripts"] is False
    assert panel["options"]["enableCommandUris"] == ["holesmith.openLocation"]
    assert panel["options"]["localResourceRoots"] == []
    html = panel["webview"]["html"]
    assert "default-src 'none'; style-src 'nonce-" in html
    assert "<script" not in html
    assert "<main>hello</main>" in html
    assert session["opened"] == [["/shop/a.py", 6], ["/shop/b.ipynb", None]]


@pytest.mark.parametrize(
    ("status", "background", "said"),
    [
        ({"health": "error", "message": "no model; pull one"}, "statusBarItem.errorBackground", "no model; pull one"),
        ({"index_failure": "shop is not indexed"}, "statusBarItem.warningBackground", "shop is not indexed"),
        ({"settings_problems": ["device: 3 is no text"]}, "statusBarItem.warningBackground", "device: 3 is no text"),
        ({"last_failure": "OSError: x"}, "statusBarItem.warningBackground", "a defect of the server: OSError: x"),
        ({"activity": "indexing shop, 40 %"}, None, "Just now: indexing shop, 40 %"),
    ],
)
def test_a_problem_is_seen_in_the_status_bar_with_what_to_do(
    machine: Machine, status: dict[str, object], background: str | None, said: str
) -> None:
    ready = {"health": "ready", "message": "m on cpu", "model": "m", "device": "cpu"}
    machine.notifications = [("holesmith/status", {**ready, **status})]
    session = machine.open([str(machine.own_program.parent)])
    assert session["background"] == background
    assert said in session["tooltip"]["plain"]
    assert ("see what to do" in session["tooltip"]["plain"]) == (background is not None)
