"""Write the log to standard error, and to the client once there is one. Code is never logged."""

import asyncio
import contextlib
import logging

from holesmith.completion.visible_text import visible
from holesmith.lsp.transport.stderr_log import StderrLog
from lsprotocol import types
from pygls.lsp.server import LanguageServer

_ROOT = logging.getLogger("holesmith")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}


def log_to_stderr() -> None:
    """Set up the log of a server on standard error. A thread writes it; see `flush_stderr_log`."""
    logging.basicConfig(handlers=[StderrLog()], format=_FORMAT, level=logging.WARNING)
    # At lower levels pygls logs whole messages, and with them the user's code.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    set_log_level("info")


def flush_stderr_log(seconds: float) -> None:
    """Block until the log is written, or the time is up."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, StderrLog):
            handler.wait_until_written(seconds)


def set_log_level(level: str) -> None:
    _ROOT.setLevel(_LEVELS[level])


class ClientLog(logging.Handler):
    """Sends the log as ``window/logMessage``, from any thread, between ``attach`` and ``detach``."""

    def __init__(self, server: LanguageServer) -> None:
        super().__init__()
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self) -> None:
        self._loop = asyncio.get_running_loop()
        _ROOT.addHandler(self)

    def detach(self) -> None:
        _ROOT.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        # The traceback goes to standard error only: it is for developers and may be long.
        params = types.LogMessageParams(_kind_of(record.levelno), visible(record.getMessage()))
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the client is gone
            self._loop.call_soon_threadsafe(self._server.window_log_message, params)


def _kind_of(level: int) -> types.MessageType:
    if level >= logging.ERROR:
        return types.MessageType.Error
    if level >= logging.WARNING:
        return types.MessageType.Warning
    return types.MessageType.Info if level >= logging.INFO else types.MessageType.Log
