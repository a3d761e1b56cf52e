"""Removing what is kept, and the folders that are empty then."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs
from holesmith.cli.uninstall.kept_files import Kept
from holesmith.engine.store.store import STORE_VARIABLE
from holesmith.system.private_files import CACHE_VARIABLE

# Of ours, by their names; what a variable names is the user's own and stays.
_CACHES = {"index", "packed", "verified", "kernels"}
_STORES = {".partial", ".locks"}


def remove(kept: Iterable[Kept]) -> list[str]:
    """What could not be removed, a line for each."""
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
    """No link is followed, not even one that takes a folder's place meanwhile: rmtree sees to that."""
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
    """Those that we have made, innermost first; they go only when they are empty."""
    with suppress(RuntimeError):  # a user without a home
        if not os.environ.get(STORE_VARIABLE):
            data = platformdirs.user_data_path("holesmith", appauthor=False)
            yield from (data / "models" / name for name in sorted(_STORES))
            yield from (data / "models", data)
        if not os.environ.get(CACHE_VARIABLE):
            yield platformdirs.user_cache_path("holesmith", appauthor=False)
