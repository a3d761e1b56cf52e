"""Find programs of the user on PATH, but none that lies in a workspace.

An entry of PATH may lie in a workspace: a relative entry, such as ``.``, or an absolute one that some tool
has added (``<workspace>/bin``). A program there was written by the authors of the workspace.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from holesmith.system.paths import is_below

_REPOSITORY_MARK = ".git"


def find_program(name: str, workspaces: Iterable[Path]) -> str | None:
    """The first program of that name on PATH that doesn't lie in a workspace; None if there is none.

    Neither its path nor the target of a link may lie in one of ``workspaces``, or in a repository around one
    of them. A folder that contains the user's home does not count: the user's own programs are in it.
    """
    foreign = _foreign_folders(workspaces)
    for folder in _path_entries():
        program = shutil.which(name, path=folder)
        if program is not None and Path(program).is_absolute() and not _lies_in(program, foreign):
            return program
    return None


def trusted_path(workspaces: Iterable[Path]) -> str:
    """PATH without its relative entries and those in a workspace, for a program that starts others."""
    foreign = _foreign_folders(workspaces)
    return os.pathsep.join(folder for folder in _path_entries() if not _lies_in(folder, foreign))


def _path_entries() -> list[str]:
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [entry for entry in entries if Path(entry).is_absolute()]


def _foreign_folders(workspaces: Iterable[Path]) -> set[str]:
    named = {Path(os.path.abspath(folder)) for folder in workspaces}  # noqa: PTH100  # links are kept
    named |= {Path(os.path.realpath(folder)) for folder in named}
    around = {outer for folder in named for outer in folder.parents if _is_repository(outer)}
    home = _plain(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111  # never fails
    return {place for folder in named | around if not is_below(home, place := _plain(str(folder)))}


def _is_repository(folder: Path) -> bool:
    return os.path.lexists(folder / _REPOSITORY_MARK)


def _lies_in(path: str, folders: set[str]) -> bool:
    """True if the path, or a path that its links lead to, is in one of ``folders``."""
    folder, name = os.path.split(path)
    places = (os.path.abspath(path), os.path.join(os.path.realpath(folder), name), os.path.realpath(path))  # noqa: PTH100, PTH118
    return any(is_below(_plain(place), foreign) for place in places for foreign in folders)


def _plain(path: str) -> str:
    return os.path.normcase(path)
