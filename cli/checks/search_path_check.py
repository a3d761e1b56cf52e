"""The check of PYTHONPATH, from which Python imports before our first line runs."""

import os
import sys

from holesmith.cli.checks.diagnosis import Finding


def check_python_path() -> Finding:
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    return judge_python_path(named)


def judge_python_path(named: str) -> Finding:
    """Warn of entries of PYTHONPATH that are relative, and so name any folder in which Python is started."""
    entries = named.split(os.pathsep) if named else []
    wrong = [entry for entry in entries if not os.path.isabs(entry)]  # noqa: PTH117 # "" is no path to pathlib
    if not wrong:
        return Finding("python path", "ok", "PYTHONPATH names no folder relative to the current one")
    kinds = ", ".join(dict.fromkeys("a relative entry" if entry else "an empty entry" for entry in wrong))
    detail = f"PYTHONPATH has {kinds}: Python runs the sitecustomize.py of any folder you start it in"
    return Finding(
        "python path", "warning", detail, "remove it from PYTHONPATH, or give the absolute path of the folder"
    )
