"""A conversation over two byte streams, from the first message to the exit code."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import BinaryIO, cast

from holesmith.lsp.client_input import ClientInput
from holesmith.lsp.server import Server
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async

_logger = logging.getLogger(__name__)


async def serve(server: Server, source: BinaryIO, sink: BinaryIO) -> int:
    """Serve until the conversation is over. The exit code: 0 after ``shutdown``, else 1.

    pygls' own ``start_io`` is not used: it loses the exit code and waits for a model that is being loaded.
    A thread may still be reading ``source`` when this returns.
    """
    server.protocol.set_writer(StdoutWriter(sink))
    reader = StdinAsyncReader(cast("BinaryIO", ClientInput(source)), ThreadPoolExecutor(1, "lsp-input"))
    reading = asyncio.ensure_future(
        run_async(Event(), reader, server.protocol, None, server.report_server_error)
    )
    ended = asyncio.ensure_future(server.ended.wait())
    await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
    if reading.done() and (error := reading.exception()) is not None:
        _logger.error("reading from the client failed", exc_info=error)
    await server.stop()
    return 0 if server.protocol.phase == "shut down" else 1
