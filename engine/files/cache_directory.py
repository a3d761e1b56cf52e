"""Where the engine keeps what it can make anew: packed weights, and which files it has verified."""

import os
from pathlib import Path

from holesmith.system.private_files import NoPrivateFolderError, cache_folder


def cache_directory(name: str) -> Path:
    """The engine's directory of this name below the user's cache.

    A user without a home has no cache: nothing can be read or written below the path that is given then.
    """
    try:
        return cache_folder() / name
    except NoPrivateFolderError:
        return Path(os.devnull, name)
