"""Compare paths as text, without looking at the disk and without following links."""

import os


def is_below(path: str, folder: str) -> bool:
    """True if ``path`` is ``folder`` or lies in it. Both must be absolute and without ``..``."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
