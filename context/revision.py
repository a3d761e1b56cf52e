"""What version control says of the work in progress, asked in a way that runs nothing of the workspace's.

A repository's own configuration can name programs to run; it comes with the workspace and is not trusted. So
the branch is read from git's file, and the few git commands get every such setting overridden, may not use
the network, take no locks, and read only git's own data, never the work tree, whose filters would be run.
"""

import os
import subprocess
from pathlib import Path

from holesmith.context.request import Revision

TIMEOUT_S = 1.0
SUBJECTS_MAX = 5
DIFF_CHARACTERS_MAX = 8_000
OUTPUT_BYTES_MAX = 200_000
_SAFE_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "log.showSignature=false",
    "gpg.program=false",
    "protocol.allow=never",
)


def read_revision(root: Path) -> Revision:
    """Empty where there is no repository, no git, or no answer in time. Blocks for up to two timeouts."""
    branch = branch_of(root)
    if branch is None:
        return Revision()
    subjects = git_output(root, "log", f"-{SUBJECTS_MAX}", "--format=%s", "--no-show-signature")
    diff = git_output(
        root, "diff", "--cached", "--unified=1", "--no-color", "--no-ext-diff", "--no-textconv", "--no-prefix"
    )
    return Revision(branch, tuple(subjects.splitlines()), diff[:DIFF_CHARACTERS_MAX])


def branch_of(root: Path) -> str | None:
    """The branch's name, empty if none is checked out; None if ``root`` is in no repository."""
    folder = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if folder is None:
        return None
    git = folder / ".git"
    try:
        if git.is_file():  # a work tree or a submodule: the file says where git's folder is
            git = folder / git.read_text("utf-8", "replace")[:4096].partition("gitdir:")[2].strip()
        head = (git / "HEAD").read_text("utf-8", "replace")[:4096].strip()
    except OSError:
        return ""
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


def git_output(root: Path, *arguments: str) -> str:
    """What a git command prints, up to a bound; empty if it fails or takes too long."""
    settings = [word for setting in _SAFE_SETTINGS for word in ("-c", setting)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "LC_ALL": "C.UTF-8",
    }
    try:
        done = subprocess.run(
            ["git", "--no-pager", *settings, "-C", str(root), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout[:OUTPUT_BYTES_MAX].decode("utf-8", "replace") if done.returncode == 0 else ""
