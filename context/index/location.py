"""Where the index of a workspace lies, and which indexes nobody needs any more.

Never in the workspace: each has a folder of its own in the user's cache directory, named for a person and
told apart by a hash of the workspace's path. A file in it says which workspace it belongs to.
"""

import hashlib
import os
import re
import shutil
import time
from pathlib import Path

import platformdirs
from holesmith.context.index.schema import DATABASE_NAME

CACHE_VARIABLE = "HOLESMITH_CACHE"
UNUSED_DAYS_MAX = 60
_OWNER_NAME = "workspace"


def index_directory() -> Path:
    """Where all indexes lie; HOLESMITH_CACHE moves the cache."""
    cache = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("holesmith", appauthor=False)
    return Path(cache) / "index"


def database_of(root: Path) -> Path:
    """The path of the database of the workspace ``root``, which need not exist yet."""
    resolved = root.resolve()
    name = re.sub(r"[^\w.-]+", "-", resolved.name)[:40] or "root"
    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return index_directory() / f"{name}-{digest}" / DATABASE_NAME


def claim(root: Path, database: Path) -> None:
    """Write down whose index this is; its date says when it was last used."""
    database.parent.mkdir(parents=True, exist_ok=True)
    (database.parent / _OWNER_NAME).write_text(str(root.resolve()), "utf-8", "surrogateescape")


def delete_unused() -> int:
    """Delete the indexes of workspaces that are gone or were not used for long; how many that were."""
    oldest = time.time() - UNUSED_DAYS_MAX * 86_400
    deleted = 0
    for owner in index_directory().glob(f"*/{_OWNER_NAME}"):
        try:
            root = Path(owner.read_text("utf-8", "surrogateescape"))
            if root.is_dir() and owner.stat().st_mtime > oldest:
                continue
        except OSError:
            continue
        shutil.rmtree(owner.parent, ignore_errors=True)
        deleted += 1
    return deleted
