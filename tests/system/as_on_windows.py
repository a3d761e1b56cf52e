"""Runs the command line with its arguments as if Python had only what it has on Windows.

What the standard library and other libraries need of POSIX here is imported beforehand.
"""

import asyncio
import concurrent.futures
import multiprocessing.pool
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import filelock

PREPARED = (asyncio, concurrent.futures, multiprocessing.pool, subprocess, tempfile, filelock)
MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
FUNCTIONS = ("geteuid", "killpg", "nice", "pidfd_open", "pread", "pwrite", "sched_setscheduler")
SIGNALS = ("ITIMER_PROF", "ITIMER_REAL", "SIGALRM", "SIGHUP", "setitimer")


class WithoutPosix:
    """Finds none of the modules that Windows lacks."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide_posix() -> None:
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, WithoutPosix())
    for module, names in ((os, FUNCTIONS), (signal, SIGNALS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


if __name__ == "__main__":
    hide_posix()
    from holesmith.cli.main import main

    sys.exit(main(sys.argv[1:]))
