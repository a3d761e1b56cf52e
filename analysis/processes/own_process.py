"""How our own processes are started: isolated from the workspace, whatever the editor's environment is.

An empty or relative entry of PYTHONPATH stands for the current folder, which may be an untrusted workspace.
So Python is told to take neither that variable nor the current folder into its search path, it starts in
a folder of ours, and it gets only those variables of the environment that it needs: never a user's tokens.
"""

import os
import site
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(sys.prefix)
"""The current folder of these processes."""

_NAMES = frozenset(
    (
        # Where programs, the user's files and temporary files are.
        *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"),
        # Windows starts no program without these.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        # Which encoding paths are in, and the time zone.
        *("LANG", "LANGUAGE", "TZ"),
        # Which environment of the project analysis reads.
        *("UV_PROJECT_ENVIRONMENT", "POETRY_CACHE_DIR", "CONDA_PREFIX"),
        # Where git's own configuration is, which says what is ignored.
        *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
        # Where the loader finds the libraries of the interpreter itself.
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    )
)
_PREFIXES = ("LC_", "XDG_", "HOLESMITH_")


def command_of(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules."""
    return [sys.executable, *isolation(), "-m", module, *arguments]


def isolation() -> tuple[str, ...]:
    """Python's options. ``-P`` leaves out the current folder and ``-E`` the environment's variables.

    ``-I`` leaves out the user's own packages too; that is wrong only where they are in use, for Holesmith may
    be among them.
    """
    return ("-P", "-E") if site.ENABLE_USER_SITE else ("-I",)


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that such a process gets, of ``variables`` or those of this process."""
    given = os.environ if variables is None else variables
    kept = {name: value for name, value in given.items() if _is_needed(name.upper())}
    # setuptools would look for the standard library's distutils in packages of that name.
    return {**kept, "SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def _is_needed(name: str) -> bool:
    return name in _NAMES or name.startswith(_PREFIXES)
