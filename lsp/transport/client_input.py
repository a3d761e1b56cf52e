"""Repair the client's bytes before pygls reads them, so that a wrong header costs only one message.

pygls looks for a header on a line of its own. After a body with a wrong length, the next header follows the
rest of that body on the same line, and so does every later one: the server would read no more messages. Here
a line that ends in a header becomes that header, and lengths and lines are bounded.
"""

import re
from collections.abc import Callable
from typing import BinaryIO

LINE_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 64 * 1024 * 1024

_HEADER = re.compile(rb"content-length:[ \t]*([0-9]+)[ \t]*\r?\n\Z", re.IGNORECASE)


class ClientInput:
    """A stream for pygls to read. Reading blocks; the one thread that reads also calls ``on_end``."""

    def __init__(self, source: BinaryIO, on_end: Callable[[], None] = lambda: None) -> None:
        self._source = source
        self._on_end = on_end

    def readline(self) -> bytes:
        """The next line, or only the header at its end if it has one. Empty at the end of the stream."""
        line = self._source.readline(LINE_BYTES_MAX)
        if not line:
            self._on_end()
        header = _HEADER.search(line)
        if header is None:
            return b"\r\n" if line == b"\n" else line
        length = int(header[1][:20])
        if length > BODY_BYTES_MAX:
            self._skip(length)
            return b"X-Refused: too long\r\n"
        return b"Content-Length: %d\r\n" % length

    def read(self, size: int) -> bytes:
        return self._source.read(size)

    def _skip(self, length: int) -> None:
        """Skip the rest of the header, and a body that is too long to hold or ends with the stream."""
        while self._source.readline(LINE_BYTES_MAX).strip():
            pass
        while length > 0 and (skipped := self._source.read(min(length, LINE_BYTES_MAX))):
            length -= len(skipped)
