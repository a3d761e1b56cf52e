"""The names of kept machine code, for the code that keeps it and for the code that removes it.

No compiler is imported here: who only removes the files must not wait for one.
"""

from pathlib import Path

CACHE_NAME = "kernels"
"""The folder of kept code in the cache, and below `BESIDE_SOURCES`; it has one folder for each digest."""

BESIDE_SOURCES = Path("machine_code", "__pycache__")
"""Where that folder lies in this package if there is no cache."""

LOCK_NAME = "lock"
"""The file that a compiling process locks, in the folder of a digest."""

SUFFIXES = (".nbi", ".nbc", ".tmp")
"""Those of numba's index, of its code, and of a file that is being written."""


def holds_only_kept_code(folder: Path) -> bool:
    """True if there are no files in a folder but those of kept code. Raises OSError if it can't be listed."""
    return all(path.suffix in SUFFIXES or path.name == LOCK_NAME for path in folder.iterdir())
