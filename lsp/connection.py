"""A conversation over two byte streams, so that the event loop neither waits for them nor parses JSON.

One thread reads and one writes; both are daemons, because a read of standard input cannot be interrupted.
What has arrived and what has to leave are bounded: a client that sends too fast waits, one that never reads
is gone.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from typing import BinaryIO

from holesmith.lsp.framing import FrameReader, Malformed, parse

_ARRIVED_MAX = 64
_LEAVING_MAX = 10_000
_FLUSH_SECONDS = 2.0

_logger = logging.getLogger(__name__)


class Connection:
    """Made, read and closed on the event loop; ``send`` may be called from any thread."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(_ARRIVED_MAX)
        self._arrived: asyncio.Queue[object] = asyncio.Queue()
        self._leaving: queue.Queue[bytes | None] = queue.Queue(_LEAVING_MAX)
        threading.Thread(target=self._read, args=[source], name="lsp-reader", daemon=True).start()
        self._writer = threading.Thread(target=self._write, args=[sink], name="lsp-writer", daemon=True)
        self._writer.start()

    async def receive(self) -> object:
        """The next message: parsed JSON or `Malformed`. Raises EOFError when the peer is gone."""
        message = await self._arrived.get()
        self._room.release()
        if isinstance(message, EOFError):
            raise message
        return message

    def send(self, framed: bytes) -> None:
        """Queue bytes for the peer. A peer that has stopped reading long ago is given up."""
        try:
            self._leaving.put_nowait(framed)
        except queue.Full:
            self._hand_over(EOFError("the client does not read"))

    async def close(self) -> None:
        """Send what is queued, but do not wait long for a peer that does not read."""
        with contextlib.suppress(queue.Full):
            self._leaving.put_nowait(None)
        await asyncio.to_thread(self._writer.join, _FLUSH_SECONDS)

    def _read(self, source: BinaryIO) -> None:
        reader = FrameReader(source)
        try:
            while (body := reader.read()) is not None:
                self._room.acquire()
                self._hand_over(body if isinstance(body, Malformed) else parse(body))
        except (OSError, ValueError) as error:  # ValueError: the stream was closed on this side
            _logger.info("the client's stream broke: %s", error)
        self._hand_over(EOFError("the client closed the stream"))

    def _write(self, sink: BinaryIO) -> None:
        try:
            while (framed := self._leaving.get()) is not None:
                sink.write(framed)
                sink.flush()
        except (OSError, ValueError) as error:
            _logger.info("the client no longer reads: %s", error)
            self._hand_over(EOFError("the client no longer reads"))

    def _hand_over(self, message: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, message)
