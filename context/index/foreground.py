"""Bring the index of a workspace up to date here and now, for commands that need it whole."""

from collections.abc import Callable
from pathlib import Path

from holesmith.context.index.build import BuildReport, Progress, Workspace, nothing, scan
from holesmith.context.index.files import Limits
from holesmith.context.index.ignore import IgnoreRules
from holesmith.context.index.indexer import scanning_lock
from holesmith.context.index.location import claim, database_of
from holesmith.context.index.schema import open_writer

# How often to try for the lock while another process scans: for about five minutes.
WAITS_MAX = 1_500


def index_now(root: Path, on_progress: Callable[[Progress], None] = nothing) -> BuildReport | None:
    """Scan the workspace, waiting for another process that does; None if that one takes too long.

    Blocks for as long as reading the changed files takes. Raises OSError or sqlite3.Error if the cache can't
    be written.
    """
    database = database_of(root)
    claim(root, database)
    connection = open_writer(database)
    try:
        waits = iter(range(WAITS_MAX))
        with scanning_lock(database, lambda: next(waits, None) is not None) as is_ours:
            if not is_ours:
                return None
            workspace = Workspace(root.resolve(), connection, IgnoreRules(root), Limits())
            return scan(workspace, on_progress)
    finally:
        connection.close()
