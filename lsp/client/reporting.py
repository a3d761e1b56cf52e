"""Report the status, problems with settings and failures to the user, each problem only once."""

import os
from dataclasses import asdict, replace

from holesmith.completion.explanation.document import Document
from holesmith.completion.explanation.status_page import status_page
from holesmith.completion.status import Status
from holesmith.completion.visible_text import one_line, plain_message
from holesmith.lsp.client.progress import ProgressBar
from lsprotocol import types
from pygls.lsp.server import LanguageServer

# The message of a failure may quote text of any length from the client.
FAILURE_CHARACTERS_MAX = 500
# Indexing or analysing a small folder takes less, and then no progress is shown.
ACTIVITY_DELAY_SECONDS = 1.0


class Reporting:
    """Sends ``holesmith/status`` when something visible to the user has changed, and shows problems once."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._load_bar: ProgressBar | None = None
        self._activity_bar: ProgressBar | None = None
        self._status = Status("stopped", "waiting for the client's initialized notification")
        self._settings_problems: tuple[str, ...] = ()
        self._last_failure: str | None = None
        self._sent: object = None
        self._open = False
        self._shown: set[str] = set()

    def allow_progress(self) -> None:
        """Show work-done progress from now on; the client supports it."""
        self._load_bar = ProgressBar(self._server, "load")
        self._activity_bar = ProgressBar(self._server, "activity", ACTIVITY_DELAY_SECONDS)

    def open(self) -> None:
        """Send ``holesmith/status`` from now on. Before ``initialized`` the protocol allows only messages."""
        self._open = True
        self._send_if_changed()

    def as_json(self) -> dict[str, object]:
        """The status as JSON. Each text is one line, and its control characters are made visible."""
        return {
            **{name: _plain(value) for name, value in asdict(self._status).items()},
            "settings_problems": list(map(one_line, self._settings_problems)),
            "last_failure": _plain(self._last_failure),
            "process_id": os.getpid(),
        }

    def as_document(self) -> Document:
        """The status as a page for people, problems first."""
        return status_page(self._status, self._settings_problems, self._last_failure)

    def show_status(self, status: Status) -> None:
        self._status = status
        self._show_progress()
        if status.health == "error" and status.message not in self._shown:
            self._shown.add(status.message)
            self._show_message(status.message, types.MessageType.Error)
        if status.index_failure is not None and status.index_failure not in self._shown:
            self._shown.add(status.index_failure)
            self._show_message(status.index_failure, types.MessageType.Warning)
        self._send_if_changed()

    def _show_progress(self) -> None:
        """Show the loading of a model and the background work as progress."""
        status = self._status
        if self._load_bar is not None and status.health == "loading":
            self._load_bar.show(status.message, status.progress)
        elif self._load_bar is not None:
            self._load_bar.end(status.message)
        if self._activity_bar is not None and status.activity is not None and status.health != "stopped":
            self._activity_bar.show(status.activity)
        elif self._activity_bar is not None:
            self._activity_bar.end("done")

    def show_settings_problems(self, problems: tuple[str, ...]) -> None:
        self._settings_problems = problems
        fresh = [problem for problem in problems if problem not in self._shown]
        self._shown.update(fresh)
        if fresh:
            self._show_message("; ".join(fresh), types.MessageType.Warning)
        self._send_if_changed()

    def show_failure(self, error: BaseException) -> None:
        """Report a defect of the server in the status. The traceback is in the log."""
        text = _shortened(" ".join(str(error).split()))
        self._last_failure = f"{type(error).__name__}: {text}" if text else type(error).__name__
        self._send_if_changed()

    def end_loading(self) -> None:
        """Report that a load failed, if the status still says that a model is being loaded."""
        if self._status.health == "loading":
            message = f"the model could not be loaded: {self._last_failure}"
            self.show_status(replace(self._status, health="error", message=message, progress=None))

    def _show_message(self, text: str, kind: types.MessageType) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, f"Holesmith: {plain_message(text)}"))

    def _send_if_changed(self) -> None:
        """Send the status, unless nothing has changed in it but counters."""
        status = self._status
        progress = None if status.progress is None else round(status.progress, 2)
        model = (status.health, status.message, status.model, status.device, progress)
        workspace = (status.environment, status.activity, status.index_failure)
        news = (*model, *workspace, self._settings_problems, self._last_failure)
        if self._open and news != self._sent:
            self._sent = news
            self._server.protocol.notify("holesmith/status", self.as_json())


def _plain(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _shortened(text: str) -> str:
    return text if len(text) <= FAILURE_CHARACTERS_MAX else text[: FAILURE_CHARACTERS_MAX - 3] + "..."
