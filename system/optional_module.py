"""Import modules of Python that only some operating systems have."""

import importlib
from typing import Any


def optional_module(name: str) -> Any:
    """The module of this name; None on a system that does not have it, such as ``fcntl`` on Windows.

    The result is untyped, because type checkers know the modules of one system only.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
