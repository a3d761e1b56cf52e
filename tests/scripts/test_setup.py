"""What `scripts/setup` says where it can't make the environment: one line, about what is really wrong."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MISSING = "setup: Python 3.11 to 3.14 is needed"
PROBLEMS: dict[str, tuple[Mapping[str, str], str, str]] = {
    "no Python at all": ({}, "", f"{MISSING}; install one, or set PYTHON to its path"),
    "only an old one": (
        {"python3": "3.9"},
        "",
        f"{MISSING}, and python3 on PATH is 3.9; install one, or set PYTHON to its path",
    ),
    "only one that is too new": (
        {"python3": "3.15"},
        "",
        f"{MISSING}, and python3 on PATH is 3.15; install one, or set PYTHON to its path",
    ),
    "one is named that is not there": (
        {"python3": "3.12"},
        "/nope",
        "setup: PYTHON=/nope is no Python that runs; set it to the path of Python 3.11 to 3.14, or unset it",
    ),
    "an old one is named": (
        {"python3": "3.12", "python3.9": "3.9"},
        "python3.9",
        "setup: PYTHON=python3.9 is Python 3.9, but 3.11 to 3.14 is needed",
    ),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts alone; the one that makes the environment says that it was asked."""
    checkout = tmp_path / "checkout"
    (checkout / "scripts" / "locks").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", checkout / "scripts")
    (checkout / "scripts" / "make_environment.py").write_text("print('asked')\n")
    (checkout / "scripts" / "locks" / "tools.lock").touch()
    (checkout / "pyproject.toml").touch()
    return checkout


def setup(checkout: Path, versions: Mapping[str, str], named: str) -> subprocess.CompletedProcess[str]:
    """Where PATH has interpreters of these versions and no other."""
    programs = checkout.parent / "programs"
    programs.mkdir()
    for name in ("bash", "cat", "cksum", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for name, version in versions.items():
        (programs / name).write_text(
            f'#!/bin/sh\nif [ "$2" = -c ]; then echo {version}; else mkdir -p .venv; fi\n'
        )
        (programs / name).chmod(0o755)
    (programs / "mkdir").symlink_to(str(shutil.which("mkdir")))
    variables = {"PATH": str(programs), "PYTHON": named}
    script = checkout / "scripts" / "setup"
    return subprocess.run(
        ["bash", script], env=variables, capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.mark.parametrize(("versions", "named", "message"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_it_says_which_python_is_wrong(
    checkout: Path, versions: Mapping[str, str], named: str, message: str
) -> None:
    result = setup(checkout, versions, named)
    assert (result.returncode, result.stderr) == (1, f"{message}\n")


@pytest.mark.parametrize(
    ("versions", "named"),
    [({"python3": "3.14"}, ""), ({"python3": "3.9", "python3.12": "3.12"}, ""), ({"mine": "3.11"}, "mine")],
)
def test_a_python_that_will_do_is_taken(checkout: Path, versions: Mapping[str, str], named: str) -> None:
    assert setup(checkout, versions, named).returncode == 0
    assert (checkout / ".venv" / "setup-of").exists()


MAKE = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("make_environment", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
kind = sys.argv[2]

def refuse(*arguments, **keywords):
    raise PermissionError(13, "Permission denied")

if kind == "permission":
    script.Path.mkdir = refuse
if kind == "space":
    script.shutil.disk_usage = lambda path: type("Usage", (), {"free": 700_000_000})
if kind == "venv":
    script.find_spec = lambda name: None if name == "ensurepip" else 1
if kind == "version":
    script.sys.version_info = (3, 15, 0)
script.has_gpu = lambda: False
sys.argv = ["make_environment.py", sys.argv[3], "--wheel", "none.whl"]
sys.exit(script.main())
"""
VENV = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "permission",
            "FOLDER can't be written (Permission denied): take a folder of yours, or change its owner",
        ),
        (
            "space",
            "about 3 GB are needed in FOLDER, and 0.7 GB are free: free some space, or use a larger disk",
        ),
        (
            "venv",
            f"{sys.executable} can't make virtual environments; on Debian: apt-get install {VENV}",
        ),
        (
            "version",
            f"Python 3.11 to 3.14 is needed, and {sys.executable} is {sys.version.split()[0]}",
        ),
    ],
)
def test_the_environment_says_what_keeps_it_from_being_made(tmp_path: Path, kind: str, message: str) -> None:
    folder = tmp_path / "environment"
    script = ROOT / "scripts" / "make_environment.py"
    result = subprocess.run(
        [sys.executable, "-I", "-c", MAKE, script, kind, folder],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert (result.returncode, result.stderr) == (1, message.replace("FOLDER", str(folder)) + "\n")
    assert not folder.exists()
