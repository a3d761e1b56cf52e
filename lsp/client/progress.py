"""Show long work as work-done progress in the client: one bar for each kind of work, which always ends."""

import asyncio
import itertools
import logging

from holesmith.completion.visible_text import one_line
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

_CREATE_SECONDS = 10.0

_logger = logging.getLogger(__name__)


class ProgressBar:
    """The bar of one kind of work, such as loading a model, for a client that can show progress."""

    def __init__(self, server: LanguageServer, kind: str, delay_seconds: float = 0.0) -> None:
        """``delay_seconds``: work that ends sooner shows no bar, which would only flicker."""
        self._progress = server.work_done_progress
        self._kind = kind
        self._delay_seconds = delay_seconds
        self._numbers = itertools.count(1)
        self._token: str | None = None  # the bar that was asked for or is shown
        self._begun = False
        self._message = ""
        self._percentage: int | None = None
        self._creating: asyncio.Task[None] | None = None

    def show(self, message: str, share: float | None = None) -> None:
        """Show what is being done, and the share of it that is done (0 to 1, None if unknown)."""
        shown = one_line(message), _percentage(share)
        is_news = shown != (self._message, self._percentage)
        self._message, self._percentage = shown
        if self._token is None:
            self._token = f"holesmith/{self._kind}/{next(self._numbers)}"
            self._creating = asyncio.ensure_future(self._begin(self._token))
        elif self._begun and is_news:
            report = types.WorkDoneProgressReport(message=self._message, percentage=self._percentage)
            self._progress.report(self._token, report)

    def end(self, message: str) -> None:
        """End the bar, if there is one; ``message`` is the result of the work."""
        if self._begun and self._token is not None:
            self._progress.end(self._token, types.WorkDoneProgressEnd(message=one_line(message)))
        self._token, self._begun = None, False

    async def _begin(self, token: str) -> None:
        """Ask the client for the bar, and begin it unless the work ended before the client answered."""
        if self._delay_seconds:
            await asyncio.sleep(self._delay_seconds)
        if self._token != token:
            return
        try:
            await asyncio.wait_for(self._progress.create_async(token), _CREATE_SECONDS)
        except (JsonRpcException, TimeoutError) as error:
            _logger.info("the client shows no progress: %s", error or "no answer")
            return
        if self._token != token:
            return
        self._begun = True
        begin = types.WorkDoneProgressBegin(
            title="Holesmith", message=self._message, percentage=self._percentage
        )
        self._progress.begin(token, begin)


def _percentage(share: float | None) -> int | None:
    return None if share is None else round(100 * min(max(share, 0.0), 1.0))
