"""The script that makes our environment, with small packages of the test's own and their locks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.scripts.small_wheels import build_wheel, lock_line, write_locks

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_environment.py"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """The script beside locks that name one small package each; the packages lie in ``index``."""
    write_locks(tmp_path / "kit" / "locks", tmp_path / "index")
    shutil.copy(SCRIPT, tmp_path / "kit")
    build_wheel(tmp_path / "own", "smith", metadata="Requires-Dist: unheard-of\n")
    return tmp_path


def make(kit: Path, current: Path | None = None, more: Mapping[str, str] | None = None) -> str:
    """What the script said; the empty string if the environment was made."""
    wheel = kit / "own" / "smith-1.0-py3-none-any.whl"
    command = [sys.executable, "-I", str(kit / "kit" / SCRIPT.name), str(kit / "made"), "--wheel", str(wheel)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    found = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(kit / "index"), "PIP_CONFIG_FILE": os.devnull}
    result = subprocess.run(
        [*command, "--quiet"],
        cwd=current,
        env={**variables, **found, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (result.returncode == 0) == (result.stderr == "")
    return result.stderr


def installed(kit: Path, name: str) -> bool:
    return any((kit / "made").glob(f"lib/python*/site-packages/{name}.py"))


def test_what_is_locked_is_installed_and_a_second_run_changes_nothing(kit: Path) -> None:
    assert make(kit) == ""
    assert all(installed(kit, name) for name in ("tool", "fire", "needed", "smith"))
    shutil.rmtree(kit / "index")
    assert make(kit) == ""


def test_a_package_with_another_hash_is_not_installed(kit: Path) -> None:
    lock = kit / "kit" / "locks" / "requirements.lock"
    lock.write_text(lock_line(kit / "index" / "needed-1.0-py3-none-any.whl", "0" * 64))
    assert "requirements.lock: not everything could be installed" in make(kit)
    assert not installed(kit, "needed")
    assert not installed(kit, "smith")


def test_a_package_without_a_hash_is_not_installed(kit: Path) -> None:
    build_wheel(kit / "index", "extra")
    (kit / "kit" / "locks" / "requirements.lock").write_text("extra==1.0\n")
    assert "requirements.lock" in make(kit)
    assert not installed(kit, "extra")


def test_nothing_of_the_current_folder_is_run(kit: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    evil = f"open({str(tmp_path / 'marker')!r}, 'a').write(__name__)\n"
    for name in (
        "venv",
        "pip",
        "ensurepip",
        "argparse",
        "subprocess",
        "sitecustomize",
        "usercustomize",
        "uv",
    ):
        (workspace / f"{name}.py").write_text(evil)
    assert make(kit, workspace, {"PYTHONPATH": f":{workspace}", "PYTHONSTARTUP": "venv.py"}) == ""
    assert not (tmp_path / "marker").exists()
