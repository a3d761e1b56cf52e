"""The start of our own processes, isolated from the workspace, whatever the editor's environment is.

An empty or relative entry of PYTHONPATH stands for the current folder, which may be an untrusted workspace.
So Python is told to take neither that variable nor the current folder into its search path, and the process
starts in a folder of ours. It gets only the environment variables that it needs, never a user's tokens.
"""

import os
import site
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(sys.prefix)
"""The working directory of these processes."""

_NAMES = frozenset(
    (
        # Folders of programs, of the user's files and of temporary files.
        *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"),
        # Windows starts no program without these.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        # The encoding of paths, and the time zone.
        *("LANG", "LANGUAGE", "TZ"),
        # The project's environment, which analysis reads.
        *("UV_PROJECT_ENVIRONMENT", "POETRY_CACHE_DIR", "CONDA_PREFIX"),
        # Git's own configuration, which says what is ignored.
        *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
        # Folders in which the loader finds the libraries of the interpreter itself.
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    )
)
_PREFIXES = ("LC_", "XDG_", "HOLESMITH_")


def command_of(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs one of our modules."""
    return [sys.executable, *isolation(), "-m", module, *arguments]


def isolation() -> tuple[str, ...]:
    """Return Python's options for isolation.

    ``-P`` leaves out the current folder and ``-E`` the environment's variables. ``-I`` leaves out the user's
    own packages too; it is not used where those are enabled, because Holesmith may be among them.
    """
    return ("-P", "-E") if site.ENABLE_USER_SITE else ("-I",)


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that such a process gets, chosen from ``variables`` or from this process's own."""
    given = os.environ if variables is None else variables
    kept = {name: value for name, value in given.items() if _is_needed(name.upper())}
    # setuptools would otherwise search packages for a distutils in place of the standard library's.
    return {**kept, "SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def _is_needed(name: str) -> bool:
    return name in _NAMES or name.startswith(_PREFIXES)
