"""Decide which files of a workspace are left out: git's ignored files, the user's list, never-source folders.

``.gitignore`` of every folder counts, deeper ones over those above, also those above a workspace that lies
inside a repository; then the repository's ``info/exclude``, then the user's own list for all repositories. A
folder with a repository of its own is left out, as git does. ``.holesmithignore`` has the same syntax and the
last word: it may leave out more, or with ``!`` take in files that git ignores. Secret files stay out in any
case.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

from holesmith.analysis.files.regular_file import UnreadableFileError, read_regular_file
from holesmith.analysis.files.secrets import is_secret
from holesmith.context.git import (
    Repository,
    repository_around,
    repository_at,
    setting_of,
    setting_of_user,
)
from holesmith.context.index.ignoring.environments import is_environment
from holesmith.context.index.ignoring.git_patterns import Patterns, TooManyPatternsError

GIT_NAME = ".gitignore"
OWN_NAME = ".holesmithignore"
# If a folder's ignore file is larger, or has too many patterns, everything in the folder is ignored.
IGNORE_FILE_BYTES_MAX = 2_000_000

# These are never the user's source, even if no ignore file lists them.
SKIPPED_FOLDERS = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".jj",
        ".gradle",
        ".idea",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
    )
)

# A folder relative to the workspace's root or above it, with the patterns that hold below it.
_Rules = tuple[tuple[Path, Patterns], ...]
_EVERYTHING = Patterns(b"*\n")


class IgnoreRules:
    """The rules of one workspace, read once; make a new one when an ignore file has changed.

    Paths are relative to the root, with forward slashes.
    """

    def __init__(self, root: Path) -> None:
        """Read the rules of the root and those above it, and ask git for settings:
        takes up to two timeouts.
        """
        self._root = root.resolve()
        self._git: dict[PurePosixPath, _Rules] = {}
        self._own: dict[PurePosixPath, _Rules] = {}
        repository = repository_around(self._root)
        self._ignore_case = repository is not None and _ignores_case(repository)
        above = tuple(_rules_above(self._root, repository, ignore_case=self._ignore_case))
        # A workspace inside an ignored folder was opened on purpose, so the rules that ignore it don't hold.
        is_ignored = _ignores(above, self._root)
        self._above = tuple(rule for rule in above if not (is_ignored and _ignores((rule,), self._root)))

    def is_ignored(self, path: str) -> bool:
        """True if a path, at any depth, is ignored; looks at every folder on the way to it, as git does."""
        parts = PurePosixPath(path)
        folders = [str(folder) for folder in reversed(parts.parents) if folder.parts]
        return any(map(self.is_folder_ignored, folders)) or self.is_file_ignored(path)

    def is_folder_ignored(self, path: str) -> bool:
        """True if a folder whose parents are not ignored is ignored."""
        if PurePosixPath(path).name in SKIPPED_FOLDERS:
            return True
        folder = self._root / path
        return (
            self._decision(path, is_folder=True)
            or is_environment(folder)
            or repository_at(folder) is not None
        )

    def is_file_ignored(self, path: str) -> bool:
        """True if a file in a folder that is not ignored is ignored."""
        return is_secret(path) or self._decision(path, is_folder=False)

    def _decision(self, path: str, *, is_folder: bool) -> bool:
        folder = PurePosixPath(path).parent
        absolute = self._root / path
        own = _last_word(self._rules(folder, OWN_NAME, self._own, ()), absolute, is_folder=is_folder)
        if own is not None:
            return own
        git = self._rules(folder, GIT_NAME, self._git, self._above)
        return _last_word(git, absolute, is_folder=is_folder) or False

    def _rules(
        self, folder: PurePosixPath, name: str, known: dict[PurePosixPath, _Rules], above: _Rules
    ) -> _Rules:
        """Return the rules that hold in ``folder``, the outermost first."""
        if folder not in known:
            outer = self._rules(folder.parent, name, known, above) if folder.parts else above
            place = self._root / folder
            patterns = read_patterns(place / name, ignore_case=self._ignore_case, follow_links=False)
            known[folder] = (*outer, (place, patterns)) if patterns else outer
        return known[folder]


def _last_word(rules: _Rules, absolute: Path, *, is_folder: bool) -> bool | None:
    for place, patterns in reversed(rules):
        relative = os.fsencode(absolute.relative_to(place).as_posix())
        decision = patterns.decision(relative, is_folder=is_folder)
        if decision is not None:
            return decision
    return None


def _ignores(rules: _Rules, root: Path) -> bool:
    """True if these rules, all from outside of the root, ignore it or a folder that it lies in."""
    for folder in (root, *root.parents):
        speaking = tuple(rule for rule in rules if rule[0] in folder.parents)
        if _last_word(speaking, folder, is_folder=True):
            return True
    return False


def _rules_above(
    root: Path, repository: Repository | None, *, ignore_case: bool
) -> Iterable[tuple[Path, Patterns]]:
    """Yield the rules that hold in the root besides its own ignore file, the weakest first."""
    top = root if repository is None else repository.top
    files = [(top, place) for place in _files_for_all(repository, top)]
    if repository is not None:
        files.append((top, repository.common / "info" / "exclude"))
    for place, path in files:
        if patterns := read_patterns(path, ignore_case=ignore_case, follow_links=True):
            yield place, patterns
    for folder in reversed([each for each in root.parents if each.is_relative_to(top)]):
        patterns = read_patterns(folder / GIT_NAME, ignore_case=ignore_case, follow_links=False)
        if patterns:
            yield folder, patterns


def _files_for_all(repository: Repository | None, top: Path) -> Iterable[Path]:
    """Yield the path of the user's ignore list for all repositories, if there is one."""
    named = setting_of(repository, "core.excludesFile", "path") if repository else None
    if named is None:
        named = _excludes_of_user(top, tuple(os.environ.get(name, "") for name in _PLACES_OF_SETTINGS))
    if named:
        yield top / named


_PLACES_OF_SETTINGS = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "PATH")


@lru_cache(maxsize=8)
def _excludes_of_user(workspace: Path, places: tuple[str, ...]) -> str:
    """Return the path of the user's ignore list; empty if there is none.

    Git is asked once for each state of the variables that say where its settings are.
    """
    named = setting_of_user("core.excludesFile", "path", workspace)
    if named is not None:
        return named
    home, settings, *_ = places
    if settings:
        return f"{settings}/git/ignore"
    return f"{home}/.config/git/ignore" if home else ""


def _ignores_case(repository: Repository) -> bool:
    setting = setting_of(repository, "core.ignoreCase", "bool")
    return (
        setting if setting is not None else setting_of_user("core.ignoreCase", "bool", repository.top)
    ) == "true"


def read_patterns(path: Path, *, ignore_case: bool, follow_links: bool) -> Patterns | None:
    """Read an ignore file; None if there is none that can be read.

    A file with too many bytes or patterns ignores everything.
    """
    try:
        data = read_regular_file(path, IGNORE_FILE_BYTES_MAX, follow_links=follow_links)
        return Patterns(data, ignore_case=ignore_case)
    except UnreadableFileError as error:
        return _EVERYTHING if str(error) == "too large" else None
    except TooManyPatternsError:
        return _EVERYTHING
