"""What the VS Code extension does for somebody who has nothing yet: no server, no Python that fits, no model."""

import json
from pathlib import Path

import pytest

from tests.e2e.editors.test_vscode_workspaces import Machine, carry_server, machine, started
from tests.scripts.small_wheels import build_wheel

__all__ = ["machine"]
MANIFEST = Path(__file__).parents[3] / "editors" / "vscode" / "package.json"
MISSING = "the model tiny is not on this machine: `holesmith model pull tiny` brings it"
MODELS = [
    {
        "name": "tiny",
        "parameters": "0.5B",
        "bytes": 491_400_064,
        "licence": "Apache-2.0",
        "fills_in_the_middle": True,
        "installed": False,
        "default_for": "cpu",
        "memory_bytes": 1_600_000_000,
        "commercial_use": None,
    },
    {
        "name": "vast",
        "parameters": "9000B",
        "bytes": None,
        "licence": "Research",
        "fills_in_the_middle": False,
        "installed": True,
        "default_for": None,
        "memory_bytes": 18_000_000_000_000,
        "commercial_use": False,
    },
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_question_that_nobody_answers_keeps_no_command_from_working(machine: Machine) -> None:
    carry_server(machine)
    machine.more = {
        "isAway": True,
        "messagesMin": 1,
        "commands": ["holesmith.menu"],
        "manifest": json.loads(MANIFEST.read_text(encoding="utf-8")),
    }
    session = machine.open([])
    assert ["Install the Server", ""] in session["entries"]
    assert "Install it into an environment of its own?" in session["messages"][0]


def test_the_server_is_installed_from_the_menu_without_a_question(machine: Machine) -> None:
    carry_server(machine)
    machine.more = {"isAway": True, "commands": ["holesmith.install"]}
    session = machine.open([])
    python, server = started(session)
    assert python == str(machine.interpreter)
    assert server == str(machine.home / "storage" / "server" / "bin" / "holesmith")


def test_an_installation_is_seen_in_the_status_bar_and_is_not_red(machine: Machine) -> None:
    carry_server(machine)
    machine.answer = "Install"
    session = machine.open([])
    seen = [(text, colour) for text, colour, tooltip in session["drawn"] if "the server is being installed" in tooltip]
    assert seen == [("$(loading~spin) Holesmith", None)]


def test_an_installation_that_failed_is_red_and_says_how_to_try_again(machine: Machine) -> None:
    carry_server(machine)
    machine.answer = "Install"
    build_wheel(machine.home / "index", "needed", source="print('another')")
    session = machine.open([])
    assert session["background"] == "statusBarItem.errorBackground"
    assert '"Install the Server" in the menu tries again' in session["tooltip"]["plain"]


@pytest.mark.parametrize(
    ("program", "found"),
    [("echo 3.9", "python3 is 3.9"), ("echo 3.15", "python3 is 3.15"), ("exit 1", "python3 does not run")],
)
def test_a_python_that_does_not_fit_is_named(machine: Machine, program: str, found: str) -> None:
    carry_server(machine)
    machine.answer = "Install"
    machine.interpreter.write_text(f"#!/bin/sh\n{program}\n")
    session = machine.open([])
    assert session["started"] == []
    message = session["messages"][-1]
    assert message.startswith("Holesmith: Python 3.11 to 3.14 is needed to install the server; ")
    assert message.endswith(found)


def say_models(machine: Machine) -> None:
    """The program on PATH lists the models, and does nothing else."""
    machine.own_program.write_text(f"#!/bin/sh\n[ \"$2\" != list ] || echo '{json.dumps(MODELS)}'\n")


def test_a_missing_model_is_pulled_by_a_button_and_then_loaded(machine: Machine) -> None:
    say_models(machine)
    machine.answer = "Pull It (0.49 GB)"
    machine.notifications = [("window/showMessage", {"type": 1, "message": MISSING})]
    machine.more = {"startedMin": 3}
    session = machine.open([str(machine.own_program.parent)])
    assert session["messages"] == [MISSING]
    assert session["choices"] == ["Pull It (0.49 GB)"]
    ran = [each["parameters"] for each in session["started"]]
    assert ran == [["lsp"], ["model", "pull", "tiny"], ["lsp"]]


def test_the_list_of_models_says_which_one_suits_the_machine(machine: Machine) -> None:
    say_models(machine)
    machine.more = {"commands": ["holesmith.chooseModel"]}
    session = machine.open([str(machine.own_program.parent)])
    tiny, vast = session["entries"]
    assert tiny[0] == "$(cloud-download) tiny"
    assert tiny[1].startswith("$(star-full) the default without a GPU")
    assert vast[0] == "$(check) vast"
    assert "takes about 18000.0 GB of memory, and this machine has " in vast[1]
    assert "not made for filling in" in vast[1]
    assert "the licence forbids commercial use" in vast[1]
