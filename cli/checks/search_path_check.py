"""What ``holesmith doctor`` says of PYTHONPATH: Python imports from there before any line of ours runs."""

import os
import sys

from holesmith.cli.checks.diagnosis import Finding


def check_python_path() -> Finding:
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    return judge_python_path(named)


def judge_python_path(named: str) -> Finding:
    """Whether an entry of PYTHONPATH means the current folder, or one below it, whatever folder that is."""
    entries = named.split(os.pathsep) if named else []
    wrong = [entry for entry in entries if not os.path.isabs(entry)]  # noqa: PTH117 # "" is no path to pathlib
    if not wrong:
        return Finding("python path", "ok", "PYTHONPATH names no folder relative to the current one")
    kinds = ", ".join(dict.fromkeys("a relative entry" if entry else "an empty entry" for entry in wrong))
    detail = f"PYTHONPATH has {kinds}: Python runs the sitecustomize.py of any folder you start it in"
    return Finding("python path", "warning", detail, "take it out of PYTHONPATH, or name the folder in full")
