"""The only way in which analysis reads the text of a module, with the rules for files that it may read.

A repository can hold links to anything that its user may read: private keys, another project, ``/proc``. So a
file reached through the workspace must lie in the workspace once all links are followed, or in a folder of
the project's environment. A file reached through the environment may lie elsewhere, for package managers link
to their caches. In all cases a file is read only if it is regular, not too large, and no secret by its name.
"""

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.files.regular_file import UnreadableFileError, read_without_links
from holesmith.system.paths import is_below

BYTES_MAX = 4 * 1024**2
"""Size limit of a module. The largest modules seen in real packages, which are generated, have 1.4 MB."""
_SYSTEM_FOLDERS = ("/proc", "/sys", "/dev") if os.name == "posix" else ()
_SOURCES = (".py", ".pyi")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder with the path it was given by and its real path."""

    given: str
    real: str

    @classmethod
    def of(cls, path: str) -> "_Folder":
        given = os.path.abspath(path)  # noqa: PTH100 # of each module that is looked for: paths as plain text
        return cls(given, os.path.realpath(given))


class SourceAccess:
    """The reading rights of analysis for one project. Paths are text, as jedi's are."""

    def __init__(self, root: str, libraries: Iterable[str], is_secret: Callable[[str], bool]) -> None:
        """Set the folders that may be read.

        ``libraries`` are the folders of the environment, of the standard library and of type stubs.
        ``is_secret`` tells by a path's name alone whether the file is not to be read.
        """
        self._root = _Folder.of(root)
        self._libraries = [_Folder.of(path) for path in dict.fromkeys(libraries)]
        self._beside: dict[str, _Folder] = {}
        self._is_secret = is_secret
        self._never = [folder for folder in _SYSTEM_FOLDERS if not is_below(self._root.real, folder)]

    def allow_beside(self, document: str) -> None:
        """Allow modules beside a document outside of the workspace, which its user has opened."""
        folder = os.path.dirname(os.path.abspath(document))  # noqa: PTH100, PTH120
        if not is_below(folder, self._root.given) and folder not in self._beside:
            self._beside[folder] = _Folder.of(folder)

    def real_path(self, path: str) -> str | None:
        """Return the path of a file or folder with all links followed; None if it may not be read."""
        given = os.path.abspath(path)  # noqa: PTH100
        real = os.path.realpath(given)
        if any(is_below(real, folder) for folder in self._never) or not self._is_allowed(given, real):
            return None
        return None if self._is_named_as_secret(given, real) else real

    def read(self, path: str) -> bytes:
        """Return the bytes of a module. Raises FileNotFoundError for any file that is not to be read."""
        if os.path.lexists(path):  # most of the names that are tried do not exist
            real = self.real_path(path)
            if real is not None:
                top = self._folder_around(real)
                with suppress(UnreadableFileError):
                    below = real[len(top) :].lstrip(os.sep).replace(os.sep, "/")
                    return read_without_links(Path(top), below, BYTES_MAX)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def _is_allowed(self, given: str, real: str) -> bool:
        if is_below(real, self._root.real) or self._is_in_a_known_folder(real):
            return True
        is_of_environment = any(is_below(given, folder.given) for folder in self._libraries)
        return is_of_environment and (real.endswith(_SOURCES) or os.path.isdir(real))  # noqa: PTH112

    def _is_in_a_known_folder(self, real: str) -> bool:
        return any(is_below(real, folder.real) for folder in (*self._libraries, *self._beside.values()))

    def _folder_around(self, real: str) -> str:
        """Return the outermost folder that allows the file: below it no link is followed any more."""
        folders = (self._root, *self._libraries, *self._beside.values())
        around = (folder.real for folder in folders if is_below(real, folder.real))
        return min(around, key=len, default=os.path.dirname(real))  # noqa: PTH120

    def _is_named_as_secret(self, given: str, real: str) -> bool:
        """True if a name within the project marks a secret.

        The names of the folders around a project do not count.
        """
        folders = (self._root, *self._libraries, *self._beside.values())
        names = [name for folder in folders for name in (folder.given, folder.real)]
        return any(self._is_secret(_below(path, names)) for path in {given, real})


def _below(path: str, folders: Iterable[str]) -> str:
    """Return the rest of a path behind the longest of ``folders`` that it lies in; else the file's name."""
    longest = max((folder for folder in folders if is_below(path, folder)), key=len, default="")
    return path[len(longest) :].lstrip(os.sep) or os.path.basename(path)  # noqa: PTH119
