"""Run git without running anything that a repository names, and find the folders of a repository.

A repository's own configuration can name programs to run. It comes with the workspace and is not trusted, so
every such setting is overridden, submodules are not looked into, the network may not be used, no locks are
taken, and time and output have a bound. Where git keeps something in a plain file, we read the file instead.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.files.regular_file import regular_file_or_none
from holesmith.system.programs import find_program, trusted_path

# Seconds for one git command. A request may wait for several of them.
TIMEOUT_S = 1.0
# Bytes of a command's output that are read, and of one of git's own files.
OUTPUT_BYTES_MAX = 200_000
_FILE_BYTES_MAX = 1_000_000
_HEAD = re.compile(rb"ref:\s*refs/|[0-9a-f]{40}")
_NOWHERE = os.path.join(os.devnull, "nowhere")  # noqa: PTH118  # the path of no file
_SAFE_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "diff.submodule=short",
    "diff.ignoreSubmodules=all",
    "submodule.recurse=false",
    "log.showSignature=false",
    "gpg.program=false",
    "protocol.allow=never",
    # A clone can hold what looks like a bare repository, with a configuration that nobody has agreed to.
    "safe.bareRepository=explicit",
)


@dataclass(frozen=True, slots=True)
class Repository:
    """The folders of one repository.

    ``top`` is the root of the files, ``git`` holds the state of this work tree, and ``common`` what all work
    trees share, such as the configuration. ``git`` and ``common`` may lie anywhere.
    """

    top: Path
    git: Path
    common: Path


def repository_around(folder: Path) -> Repository | None:
    """Return the innermost repository that ``folder`` is or lies in; None if there is none."""
    return next(filter(None, map(repository_at, (folder, *folder.parents))), None)


def repository_at(folder: Path) -> Repository | None:
    """Return the repository whose files begin at ``folder``; None if there is none.

    A repository is recognised as git does it: by the contents of the folder's ``.git``.
    """
    git = folder / ".git"
    try:
        if git.is_file():  # the ``.git`` of a work tree or a submodule names git's folder
            text = regular_file_or_none(git, _FILE_BYTES_MAX) or b""
            if not text.startswith(b"gitdir: "):
                return None
            git = folder / os.fsdecode(text.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
        shared = regular_file_or_none(git / "commondir", _FILE_BYTES_MAX)
        common = git if shared is None else git / os.fsdecode(shared.rstrip(b"\r\n"))
        is_whole = _has_head(git) and (common / "objects").is_dir() and (common / "refs").is_dir()
    except (OSError, ValueError):  # a path that this system does not allow
        return None
    return Repository(folder, git, common) if is_whole else None


def branch_of(repository: Repository) -> str:
    """Return the name of the branch that is checked out; empty if none is."""
    head = (regular_file_or_none(repository.git / "HEAD", _FILE_BYTES_MAX) or b"").decode("utf-8", "replace")
    return head.strip().removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


def setting_of(repository: Repository, name: str, kind: str) -> str | None:
    """Return a setting of the repository's own configuration; None if the configuration lacks it.

    ``kind`` is a type as in ``git config --type``.
    """
    data = regular_file_or_none(repository.common / "config", _FILE_BYTES_MAX)
    if data is None:
        return None
    return _setting(repository.top, ("--file", "-", "--no-includes"), name, kind, data)


def setting_of_user(name: str, kind: str, workspace: Path) -> str | None:
    """Return a setting of the user's or the system's configuration.

    None if there is no such setting, or no git outside of the workspace.
    """
    return _setting(workspace, (), name, kind, b"")


def git_output(
    workspace: Path,
    arguments: Sequence[str],
    data: bytes = b"",
    variables: Iterable[tuple[str, str]] = (),
) -> bytes | None:
    """Run a git command and return its output, up to OUTPUT_BYTES_MAX bytes; ``data`` is its standard input.

    None if there is no git outside of the workspace, or if the command fails or takes longer than TIMEOUT_S.
    Blocks for at most that long.
    """
    program = find_program("git", (workspace,))
    if program is None:
        return None
    try:
        process = subprocess.Popen(
            [program, "--no-pager", "--literal-pathspecs", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(workspace, variables),
            cwd=sys.prefix,
            start_new_session=True,
        )
    except OSError:
        return None
    timer = threading.Timer(TIMEOUT_S, _kill, (process,))
    timer.start()
    try:
        return _talk(process, data)
    finally:
        timer.cancel()
        _kill(process)
        process.wait()


def safe_settings() -> list[str]:
    """Return the arguments that keep git from running programs that the repository's configuration names."""
    return [word for setting in _SAFE_SETTINGS for word in ("-c", setting)]


def _setting(workspace: Path, place: Sequence[str], name: str, kind: str, data: bytes) -> str | None:
    # GIT_DIR names no repository, so that git reads the configuration of none but the given file.
    question = ("config", *place, f"--type={kind}", "--get", name)
    output = git_output(workspace, question, data, (("GIT_DIR", _NOWHERE),))
    return None if output is None else os.fsdecode(output.removesuffix(b"\n"))


def _talk(process: "subprocess.Popen[bytes]", data: bytes) -> bytes | None:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        with suppress(OSError), process.stdin:
            process.stdin.write(data)
        output = process.stdout.read(OUTPUT_BYTES_MAX)
        if len(output) == OUTPUT_BYTES_MAX:
            return output
    return output if process.wait() == 0 else None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all the processes that it has started: they would hold open our pipe."""
    if process.returncode is not None:  # the system may have given the number to another process
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _environment(workspace: Path, variables: Iterable[tuple[str, str]]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_")
        or name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    }
    return {
        **kept,
        "PATH": trusted_path((workspace,)),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "LC_ALL": "C.UTF-8",
        **dict(variables),
    }


def _has_head(git: Path) -> bool:
    return _HEAD.match(regular_file_or_none(git / "HEAD", _FILE_BYTES_MAX) or b"") is not None
