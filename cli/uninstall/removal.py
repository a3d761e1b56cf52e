"""Remove the files that are kept, and folders that are then empty."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs
from holesmith.cli.uninstall.kept_files import Kept
from holesmith.engine.store.store import STORE_VARIABLE
from holesmith.system.private_files import CACHE_VARIABLE

# Folders of ours, by their names. A folder that a variable names is the user's own, and stays.
_CACHES = {"index", "packed", "verified", "kernels"}
_STORES = {".partial", ".locks"}


def remove(kept: Iterable[Kept]) -> list[str]:
    """Remove all entries. Returns one line for each file that could not be removed."""
    entries = list(kept)
    failures = [failure for entry in entries for failure in _remove(entry.path)]
    for folder in {parent for entry in entries for parent in _own_parents(entry.path)}:
        with suppress(OSError):
            folder.rmdir()
    for folder in _roots():
        with suppress(OSError):
            folder.rmdir()
    return failures


def _remove(path: Path) -> Iterator[str]:
    """Remove a file or folder. rmtree follows no link, not even one that replaces a folder meanwhile."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path)
    except OSError as error:
        yield f"{error.filename or path}: {error.strerror}"


def _own_parents(path: Path) -> Iterator[Path]:
    if path.parent.name in _CACHES | _STORES:
        yield path.parent


def _roots() -> Iterator[Path]:
    """The folders that we have made, innermost first. The caller removes only empty ones."""
    with suppress(RuntimeError):  # a user without a home
        if not os.environ.get(STORE_VARIABLE):
            data = platformdirs.user_data_path("holesmith", appauthor=False)
            yield from (data / "models" / name for name in sorted(_STORES))
            yield from (data / "models", data)
        if not os.environ.get(CACHE_VARIABLE):
            yield platformdirs.user_cache_path("holesmith", appauthor=False)
