"""What version control says of the work in progress: the branch, the last commits, and what is staged.

Only git's own data are read, never the work tree, whose filters would be run. What is staged of files with
secrets is left out.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from holesmith.analysis.files.secrets import is_secret
from holesmith.context.git import Repository, branch_of, git_output, repository_around, safe_settings
from holesmith.context.own_repository import is_own
from holesmith.context.request import Revision

SUBJECTS_MAX = 5
STAGED_FILES_MAX = 100
DIFF_CHARACTERS_MAX = 8_000
_DIFF = (
    "diff",
    "--cached",
    "--submodule=short",
    "--ignore-submodules=all",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
)


def read_revision(root: Path) -> Revision:
    """Empty where the workspace has no repository of its own, there is no git, or no answer in time.

    Blocks for up to four timeouts.
    """
    repository = repository_around(root)
    if repository is None or not is_own(repository):
        return Revision()
    log = ("log", f"-{SUBJECTS_MAX}", "--format=%s", "--no-show-signature")
    subjects = _text(repository, log).splitlines()
    return Revision(branch_of(repository), tuple(subjects), _staged(repository)[:DIFF_CHARACTERS_MAX])


def _staged(repository: Repository) -> str:
    names = os.fsdecode(_output(repository, (*_DIFF, "--name-only", "-z"))).split("\0")
    shown = [name for name in names if name and not is_secret(name)][:STAGED_FILES_MAX]
    if not shown:
        return ""
    return _text(repository, (*_DIFF, "--unified=1", "--no-color", "--no-prefix", "--", *shown))


def _text(repository: Repository, arguments: Iterable[str]) -> str:
    return _output(repository, arguments).decode("utf-8", "replace")


def _output(repository: Repository, arguments: Iterable[str]) -> bytes:
    return git_output(repository.top, [*safe_settings(), "-C", str(repository.top), *arguments]) or b""
