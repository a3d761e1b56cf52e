"""Place the index of a workspace, and delete indexes that nobody needs any more.

An index never lies in its workspace: each has a folder of its own in the user's cache directory, whose name a
person can recognise and which a hash of the workspace's path makes unique. A file in it names the workspace.
An index is as private as the code that it is made of: only the user may read it.
"""

import hashlib
import re
import shutil
import time
from pathlib import Path

from holesmith.analysis.files.regular_file import read_regular_file
from holesmith.context.index.schema import DATABASE_NAME, delete_database
from holesmith.system.private_files import cache_folder, open_private_file, private_cache_folder

# Days since the last use, after which an index is deleted.
UNUSED_DAYS_MAX = 60
_OWNER_NAME = "workspace"
# Bytes of the file that names the workspace; a path is never longer.
_OWNER_BYTES_MAX = 65_536
_FOLDER = "index"


def index_directory() -> Path:
    """Return the folder of all indexes; HOLESMITH_CACHE moves the cache. Raises as ``cache_folder``."""
    return cache_folder() / _FOLDER


def database_of(root: Path) -> Path:
    """Return the path of the database of the workspace ``root``, which need not exist yet.

    Raises NoPrivateFolderError if there is no place for caches.
    """
    resolved = root.resolve()
    name = re.sub(r"[^\w.-]+", "-", resolved.name)[:40] or "root"
    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return index_directory() / f"{name}-{digest}" / DATABASE_NAME


def claim(root: Path, database: Path) -> None:
    """Make the folder of an index private, or make a new one, and write the workspace's path into it.

    The date of that file says when the index was last used. Raises NoPrivateFolderError if the folder belongs
    to another user, and OSError if it can't be written.
    """
    folder = private_cache_folder(_FOLDER, database.parent.name)
    with open_private_file(folder / _OWNER_NAME) as file:
        file.truncate()
        file.write(str(root.resolve()).encode("utf-8", "surrogateescape"))


def delete_unused() -> int:
    """Delete the indexes of workspaces that are gone or were not used for long; return how many."""
    oldest = time.time() - UNUSED_DAYS_MAX * 86_400
    deleted = 0
    for owner in private_cache_folder(_FOLDER).glob(f"*/{_OWNER_NAME}"):
        try:
            name = read_regular_file(owner, _OWNER_BYTES_MAX, follow_links=False)
            root = Path(name.decode("utf-8", "surrogateescape"))
            if root.is_dir() and owner.stat().st_mtime > oldest:
                private_cache_folder(_FOLDER, owner.parent.name)
                _delete_other_schemas(owner.parent, oldest)
                continue
        except OSError:
            continue
        shutil.rmtree(owner.parent, ignore_errors=True)
        deleted += 1
    return deleted


def _delete_other_schemas(folder: Path, oldest: float) -> None:
    """Delete databases of other schema versions that were not touched since ``oldest``."""
    for database in folder.glob("index-*.sqlite3"):
        if database.name != DATABASE_NAME and database.stat().st_mtime < oldest:
            delete_database(database)
