"""Read the work in progress from version control: the branch, the last commits and the staged changes.

Only git's own data are read, never the work tree, because git would run the filters of its files. Staged
changes of files with secrets are left out.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from holesmith.analysis.files.secrets import is_secret
from holesmith.context.git import Repository, branch_of, git_output, repository_around, safe_settings
from holesmith.context.own_repository import is_own
from holesmith.context.request import Revision

# Subjects of the last commits that are read.
SUBJECTS_MAX = 5
# Staged files whose changes are read.
STAGED_FILES_MAX = 100
# Characters of the staged changes that are kept.
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
    """Return the work in progress; an empty one if there is nothing to read.

    That is so if the workspace has no repository of its own, if there is no git, or if git does not answer in
    time. Blocks for up to four timeouts.
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
