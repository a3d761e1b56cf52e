"""The work beside completions, shown to the user: workspaces being indexed and analysed, and failures."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from holesmith.context.index.process.background import Event

# Progress is shown in this many steps, because each step is a message to the client.
STEPS = 10


class Background:
    """The activities of a service, by their subjects. Belongs to one event loop."""

    def __init__(self, show: Callable[[str | None, str | None], None]) -> None:
        """``show`` is called with the present activity and the failure of an index when either changes.

        Each is one line, or None if there is none.
        """
        self._show = show
        self._activities: dict[tuple[str, str], str] = {}
        self._index_failures: dict[str, str] = {}

    @contextmanager
    def analysing(self, path: str) -> Generator[None]:
        """Show an activity while static analysis reads a workspace, or a file outside of all workspaces."""
        self._activities["analysis", path] = f"analysing {Path(path).name}"
        self._publish()
        try:
            yield
        finally:
            self._activities.pop(("analysis", path), None)
            self._publish()

    def show_model_activity(self, activity: str | None) -> None:
        """Show the work that goes on beside the loaded model, in a line; None if there is none."""
        if activity is None:
            if self._activities.pop(("model", ""), None) is None:
                return
        else:
            self._activities["model", ""] = activity
        self._publish()

    def event_handler(self) -> Callable[[str, Event], None]:
        """Return the handler of indexers' events, for any thread. Must be called on the event loop."""
        loop = asyncio.get_running_loop()

        def handle(folder: str, event: Event) -> None:
            with suppress(RuntimeError):  # the loop is closed, so that nobody is left to handle the event
                loop.call_soon_threadsafe(self.on_event, folder, event)

        return handle

    def on_event(self, folder: str, event: Event) -> None:
        """Show an event of the indexer of a folder; context/index/process/indexer.py lists the events."""
        name, about = Path(folder).name, ("index", folder)
        match event:
            case {"event": "progress", "files_done": int(done), "files_total": int(total)} if done < total:
                self._activities[about] = f"indexing {name}, {100 * (STEPS * done // total) // STEPS} %"
            case {"event": "waiting"}:
                self._activities[about] = f"waiting for another process that indexes {name}"
            case {"event": "failed", "message": message}:
                self._activities.pop(about, None)
                # The first message says why; that the process then ends, and ends again, is no news.
                self._index_failures.setdefault(folder, f"{name} is not indexed: {message}")
            case {"event": "scanned"}:
                self._activities.pop(about, None)
                self._index_failures.pop(folder, None)
            case _:
                return
        self._publish()

    def _publish(self) -> None:
        self._show(
            "; ".join(self._activities.values()) or None, "; ".join(self._index_failures.values()) or None
        )
