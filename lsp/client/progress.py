"""The load of a model as work-done progress in the client's window: it always ends."""

import asyncio
import itertools
import logging

from holesmith.completion.status import Status
from holesmith.completion.visible_text import one_line
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

_CREATE_SECONDS = 10.0

_logger = logging.getLogger(__name__)


class LoadProgress:
    """Shows one bar while the status says "loading". Only for clients that can."""

    def __init__(self, server: LanguageServer) -> None:
        self._progress = server.work_done_progress
        self._numbers = itertools.count(1)
        self._token: str | None = None  # of the bar that is asked for or shown
        self._begun = False
        self._status: Status | None = None
        self._creating: asyncio.Task[None] | None = None

    def show(self, status: Status) -> None:
        self._status = status
        if status.health != "loading":
            self._end(one_line(status.message))
        elif self._token is None:
            self._token = f"holesmith/load/{next(self._numbers)}"
            self._creating = asyncio.ensure_future(self._begin(self._token))
        elif self._begun:
            report = types.WorkDoneProgressReport(
                message=one_line(status.message), percentage=_percentage(status)
            )
            self._progress.report(self._token, report)

    async def _begin(self, token: str) -> None:
        """Ask for the bar; if the load ended while the client thought about it, nothing is begun."""
        try:
            await asyncio.wait_for(self._progress.create_async(token), _CREATE_SECONDS)
        except (JsonRpcException, TimeoutError) as error:
            _logger.info("the client shows no progress: %s", error or "no answer")
            return
        if self._token != token or self._status is None:
            return
        self._begun = True
        begin = types.WorkDoneProgressBegin(
            title="Holesmith", message=one_line(self._status.message), percentage=_percentage(self._status)
        )
        self._progress.begin(token, begin)

    def _end(self, message: str) -> None:
        if self._begun and self._token is not None:
            self._progress.end(self._token, types.WorkDoneProgressEnd(message=message))
        self._token, self._begun = None, False


def _percentage(status: Status) -> int | None:
    return None if status.progress is None else round(100 * min(max(status.progress, 0.0), 1.0))
