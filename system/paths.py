"""Paths compared as text: nothing is looked up on the disk, and no link is followed."""

import os


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it. Both are absolute and have no ``..`` in them."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
