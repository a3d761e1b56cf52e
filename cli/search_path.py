"""Remove the workspace from the module search path of the command, before anything else is imported.

A console script inherits the user's PYTHONPATH. An empty or relative entry means the current folder, and an
entry may name a project: both are an untrusted workspace. What Python imports before our first line
(``sitecustomize``, or a package ``holesmith`` in such an entry) cannot be undone here; an editor should start
the server without PYTHONPATH, and outside of the workspace.

This module imports only modules that Python loads at its start, and one of ours that imports no others.
"""

import os
import sys

from holesmith.system.paths import is_below

_PACKAGES = ("site-packages", "dist-packages")


def leave_out_user_entries() -> None:
    """Remove relative entries from ``sys.path``, and those of PYTHONPATH that hold no installed packages."""
    here = os.path.abspath("")  # noqa: PTH100 # pathlib would be imported from the unrepaired path
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep) if not sys.flags.ignore_environment else []
    users = {os.path.abspath(entry) for entry in named}  # noqa: PTH100
    absolute = [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117
    sys.path[:] = [entry for entry in absolute if not _is_left_out(entry, users, here)]


def _is_left_out(entry: str, users: set[str], here: str) -> bool:
    is_of_packages = os.path.basename(entry) in _PACKAGES  # noqa: PTH119
    if is_below(entry, os.path.dirname(os.__file__)) or (is_of_packages and is_below(entry, sys.prefix)):  # noqa: PTH120
        return False
    return entry == here or (entry in users and (not is_of_packages or is_below(entry, here)))
