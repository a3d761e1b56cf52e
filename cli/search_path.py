"""Keeping the module search path of the command itself free of the workspace, before anything is imported.

A console script takes over the user's PYTHONPATH. An empty or relative entry in it is the current folder, and
a path of a project is that project: both are an untrusted workspace to us. What Python imports before any
line of ours runs (``sitecustomize``, and a package ``holesmith`` in such an entry) cannot be undone here; an
editor should start the server without that variable, and outside of the workspace.

Only modules that Python has loaded at its start are used here, and one of this package that needs no other.
"""

import os
import sys

from holesmith.system.paths import is_below

_PACKAGES = ("site-packages", "dist-packages")


def leave_out_user_entries() -> None:
    """Remove from ``sys.path`` what is relative, and of PYTHONPATH all but folders of installed packages."""
    here = os.path.abspath("")  # noqa: PTH100 # pathlib would be imported from the path that is mended here
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep) if not sys.flags.ignore_environment else []
    users = {os.path.abspath(entry) for entry in named}  # noqa: PTH100
    absolute = [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117
    sys.path[:] = [entry for entry in absolute if not _is_left_out(entry, users, here)]


def _is_left_out(entry: str, users: set[str], here: str) -> bool:
    is_of_packages = os.path.basename(entry) in _PACKAGES  # noqa: PTH119
    if is_below(entry, os.path.dirname(os.__file__)) or (is_of_packages and is_below(entry, sys.prefix)):  # noqa: PTH120
        return False
    return entry == here or (entry in users and (not is_of_packages or is_below(entry, here)))
