"""Compiling reads nothing of the folder that the program runs in."""

import subprocess
import sys
from pathlib import Path


def run_in(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout.strip()


def test_settings_of_a_workspace_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("cache_dir: here\ndisable_jit: 1\nopt: 0\n")
    program = (
        "import holesmith.kernels.machine_code.low_bit, numba\n"
        "from numba.core import config\n"
        "numba.njit(lambda x: x + 1)(1)\n"
        "print([*config.CACHE_DIR], config.DISABLE_JIT, int(config.OPT))"
    )
    assert run_in(tmp_path, program) == "[] 0 3"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".numba_config.yaml"]


def test_other_libraries_still_have_their_parser(tmp_path: Path) -> None:
    assert (
        run_in(tmp_path, "import holesmith.kernels.machine_code.low_bit, yaml; print(yaml.safe_load('1'))")
        == "1"
    )
