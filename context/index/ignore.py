"""Which files of a workspace are left out: what git ignores, what the user adds, and what is never source.

``.gitignore`` of every folder counts, deeper ones over those above, also those above a workspace that lies
inside a repository, and ``.git/info/exclude``. ``.holesmithignore`` has the same syntax and the last word: it
may leave out more, or with ``!`` take in what git ignores. Secret files stay out whatever these say.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from holesmith.analysis.secrets import is_secret
from pathspec import GitIgnoreSpec

GIT_NAME = ".gitignore"
OWN_NAME = ".holesmithignore"
IGNORE_FILE_BYTES_MAX = 262_144

# Never the user's source, even where no ignore file says so.
SKIPPED_FOLDERS = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".jj",
        ".tox",
        ".nox",
        ".venv",
        ".gradle",
        ".idea",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
        "node_modules",
        "bower_components",
        "site-packages",
    )
)
_VIRTUAL_ENVIRONMENT_MARK = "pyvenv.cfg"

# A folder relative to the workspace's root or above it, with the patterns that hold below it.
_Rules = tuple[tuple[Path, GitIgnoreSpec], ...]


class IgnoreRules:
    """The rules of one workspace, read once; make a new one when an ignore file has changed.

    Paths are relative to the root, with forward slashes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._git: dict[PurePosixPath, _Rules] = {}
        self._own: dict[PurePosixPath, _Rules] = {}
        above = tuple(_rules_above(self._root))
        # A workspace inside an ignored folder was opened on purpose: then the rules above it don't hold.
        self._above = () if _ignores_all_of(above, self._root) else above

    def is_ignored(self, path: str) -> bool:
        """For any path: looks at every folder on the way to it, as git does."""
        parts = PurePosixPath(path)
        folders = [str(folder) for folder in reversed(parts.parents) if folder.parts]
        return any(map(self.is_folder_ignored, folders)) or self.is_file_ignored(path)

    def is_folder_ignored(self, path: str) -> bool:
        """For a folder whose parents are not ignored."""
        if PurePosixPath(path).name in SKIPPED_FOLDERS:
            return True
        return self._decision(path + "/") or (self._root / path / _VIRTUAL_ENVIRONMENT_MARK).exists()

    def is_file_ignored(self, path: str) -> bool:
        """For a file in a folder that is not ignored."""
        return is_secret(path) or self._decision(path)

    def _decision(self, path: str) -> bool:
        folder = PurePosixPath(path).parent
        own = _last_word(self._rules(folder, OWN_NAME, self._own, ()), self._root / path, path)
        if own is not None:
            return own
        git = self._rules(folder, GIT_NAME, self._git, self._above)
        return _last_word(git, self._root / path, path) or False

    def _rules(
        self, folder: PurePosixPath, name: str, known: dict[PurePosixPath, _Rules], above: _Rules
    ) -> _Rules:
        """The rules that hold in ``folder``, the outermost first."""
        if folder not in known:
            outer = self._rules(folder.parent, name, known, above) if folder.parts else above
            place = self._root / folder
            spec = read_patterns(place / name)
            known[folder] = (*outer, (place, spec)) if spec else outer
        return known[folder]


def _last_word(rules: _Rules, absolute: Path, path: str) -> bool | None:
    for place, spec in reversed(rules):
        relative = absolute.relative_to(place).as_posix() + ("/" if path.endswith("/") else "")
        include = spec.check_file(relative).include
        if include is not None:
            return include
    return None


def _ignores_all_of(rules: _Rules, root: Path) -> bool:
    return any(
        place != root and spec.match_file(root.relative_to(place).as_posix() + "/") for place, spec in rules
    )


def _rules_above(root: Path) -> Iterable[tuple[Path, GitIgnoreSpec]]:
    """Of the repository that the workspace is or lies in: its exclude file and what stands above the root."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        return
    folders = [top / folder for folder in reversed(root.relative_to(top).parents)]
    files = [(top, top / ".git" / "info" / "exclude"), *((folder, folder / GIT_NAME) for folder in folders)]
    for place, path in files:
        spec = read_patterns(path)
        if spec:
            yield place, spec


def read_patterns(path: Path) -> GitIgnoreSpec | None:
    """None if there is no such file, or none that can be used. A pattern that is not valid is left out."""
    try:
        if path.is_symlink() or path.stat().st_size > IGNORE_FILE_BYTES_MAX:
            return None
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    return GitIgnoreSpec.from_lines(line for line in lines if _is_valid(line))


def _is_valid(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
