"""A copy of this checkout as git would archive it, changes that are not committed included."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked_files() -> Iterator[Path]:
    """The paths, relative to the root, of what git knows or would add; links among them."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout
    for name in sorted({os.fsdecode(name) for name in listed.split(b"\0") if name}):
        if os.path.lexists(ROOT / name):
            yield Path(name)


def copy_checkout(target: Path) -> Path:
    for path in tracked_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)
    return target
