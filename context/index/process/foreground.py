"""Bring the index of a workspace up to date here and now, for commands that need all of it."""

import queue
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from holesmith.context.index.build import BuildReport, Progress, nothing
from holesmith.context.index.location import database_of
from holesmith.context.index.process.background import BackgroundIndexer, Event

# Seconds for all of it, even if another process is scanning.
INDEX_S_MAX = 600.0


def index_now(
    root: Path, on_progress: Callable[[Progress], None] = nothing, seconds_max: float = INDEX_S_MAX
) -> BuildReport | None:
    """Scan the workspace in a process that ends with this call, even if the call fails.

    None if the scan takes longer than ``seconds_max``, for example because another process scans the
    workspace; the files stored by then stay. Raises OSError if the index can't be written.
    """
    database_of(root)  # raises if there is no place for the index
    events: queue.Queue[Event] = queue.Queue()
    indexer = BackgroundIndexer(root, events.put)
    deadline = monotonic() + seconds_max
    try:
        indexer.scan()
        while (left := deadline - monotonic()) > 0:
            event = events.get(timeout=left)
            match event.pop("event"):
                case "progress":
                    on_progress(Progress(**event))
                case "scanned":
                    return BuildReport(**event)
                case "failed":
                    raise OSError(event["message"])
                case _:
                    continue
    except queue.Empty:
        pass
    finally:
        indexer.close()
    return None
