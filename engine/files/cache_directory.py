"""Where the engine keeps what it can make anew: packed weights, and which files it has verified."""

import os
from pathlib import Path

from holesmith.kernels.cache_folder import cache_folder


def cache_directory(name: str) -> Path:
    """The engine's directory of this name below the user's cache.

    A user without a home has no cache: nothing can be read or written below the path that is given then.
    """
    return (cache_folder() or Path(os.devnull)) / name
