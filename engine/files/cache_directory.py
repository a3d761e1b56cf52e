"""The engine's cache directories, for data that can be made again: packed weights and verified files."""

import os
from pathlib import Path

from holesmith.system.private_files import NoPrivateFolderError, cache_folder


def cache_directory(name: str) -> Path:
    """Return the engine's directory of this name below the user's cache.

    A user without a home has no cache: the path returned then can be neither read nor written.
    """
    try:
        return cache_folder() / name
    except NoPrivateFolderError:
        return Path(os.devnull, name)
