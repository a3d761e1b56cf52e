"""No process of ours has a folder of the workspace on its module search path, whatever PYTHONPATH says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from holesmith.system.own_process import FOLDER, command_of, environment

SHOW = "import json, sys; print(json.dumps(sys.path))"
# None that Python itself imports before any code of ours.
NAMES = ("argparse", "gettext", "asyncio", "json", "logging", "setuptools", "jedi", "pygls", "numpy", "torch")
PYTHONPATHS = {
    "empty": "",
    "an empty entry": ":",
    "an empty entry and another": ":/opt/lib",
    "a relative entry": ".:src",
    "the workspace": "{workspace}:{workspace}/src",
    "packages in the workspace": "{workspace}/lib/site-packages",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Each module in it leaves a mark when it is imported."""
    workspace = tmp_path / "workspace"
    for folder in (workspace, workspace / "src", workspace / "lib" / "site-packages"):
        folder.mkdir(parents=True)
        for name in NAMES:
            (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'a').close()\n")
    placeholder = workspace / "__editable__.holesmith-0.1.0.finder.__path_hook__" / "holesmith"
    placeholder.mkdir(parents=True)
    (placeholder / "__init__.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'a').close()\n")
    (workspace / "main.py").write_text("import os\n\nos.\n")
    return workspace


def variables(workspace: Path, python_path: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": python_path.format(workspace=workspace)}


def assert_ours(paths: list[str], workspace: Path) -> None:
    assert paths
    for path in paths:
        assert Path(path).is_absolute(), paths
        assert not os.path.realpath(path).startswith(os.path.realpath(workspace)), paths


@pytest.mark.parametrize("kind", PYTHONPATHS)
def test_the_command_line_and_the_server_import_nothing_of_the_workspace(workspace: Path, kind: str) -> None:
    console_script = f"from holesmith.cli.main import main; {SHOW}; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-P", "-c", console_script, "lsp", "--settings-schema"],
        cwd=workspace,
        env=variables(workspace, PYTHONPATHS[kind]),
        capture_output=True,
        check=True,
        text=True,
    )
    assert_ours(json.loads(result.stdout.splitlines()[0]), workspace)
    assert not (workspace.parent / "sprung").exists()


@pytest.mark.parametrize("kind", PYTHONPATHS)
def test_worker_and_indexer_import_nothing_of_the_workspace(workspace: Path, kind: str) -> None:
    python, *options = command_of("holesmith.analysis.worker.main")
    assert options[-2:] == ["-m", "holesmith.analysis.worker.main"]
    show = f"import holesmith.analysis.worker.main, holesmith.context.index.process.indexer; {SHOW}"
    given = variables(workspace, PYTHONPATHS[kind])
    result = subprocess.run(
        [python, *options[:-2], "-c", show],
        cwd=FOLDER,
        env=environment(given),
        capture_output=True,
        check=True,
        text=True,
    )
    assert_ours(json.loads(result.stdout), workspace)
    assert not (workspace.parent / "sprung").exists()


def test_worker_and_indexer_get_no_secrets_of_the_users_environment() -> None:
    given = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "XDG_CACHE_HOME": "/cache",
        "HOLESMITH_CACHE": "/ours",
        "MY_API_TOKEN": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PYTHONPATH": ":",
        "PYTHONSTARTUP": "x.py",
        "LD_PRELOAD": "x.so",
    }
    kept = environment(given)
    assert {name for name in given if name in kept} == {
        "PATH",
        "HOME",
        "LC_ALL",
        "XDG_CACHE_HOME",
        "HOLESMITH_CACHE",
    }
