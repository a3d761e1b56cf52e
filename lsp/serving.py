"""Serve one client over two byte streams, from its first message to the exit code."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import BinaryIO, cast

from holesmith.lsp.last_resort import end_process_soon
from holesmith.lsp.server import Server
from holesmith.lsp.transport.client_input import ClientInput
from holesmith.lsp.transport.client_output import ClientOutput
from pygls.io_ import StdinAsyncReader, run_async

_SEND_SECONDS = 2.0

_logger = logging.getLogger(__name__)


async def serve(server: Server, source: BinaryIO, sink: BinaryIO) -> int:
    """Serve until the conversation is over. Returns the exit code: 0 after ``shutdown``, else 1.

    This replaces ``start_io`` of pygls, which loses the exit code and waits until a model is loaded.
    A thread may still be reading ``source`` when this returns.
    """
    output = ClientOutput(sink, server.end_from_thread)
    server.protocol.set_writer(output)
    # The event loop may block, so the end of the stream starts a timer that ends the process in any case.
    client = cast("BinaryIO", ClientInput(source, end_process_soon))
    reader = StdinAsyncReader(client, ThreadPoolExecutor(1, "lsp-input"))
    reading = asyncio.ensure_future(
        run_async(Event(), reader, server.protocol, None, server.report_server_error)
    )
    ended = asyncio.ensure_future(server.ended.wait())
    await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
    if reading.done() and (error := reading.exception()) is not None:
        _logger.error("reading from the client failed", exc_info=error)
    end_process_soon()
    await server.stop()
    output.wait_until_sent(_SEND_SECONDS)
    return 0 if server.protocol.phase == "shut down" else 1
