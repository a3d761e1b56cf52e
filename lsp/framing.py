"""The protocol's frames on a byte stream: a header with the length, an empty line, a JSON body.

A stream that breaks the rules does not end the conversation: one `Malformed` is reported for each stretch
that cannot be read, and reading goes on at the next header. Headers and bodies are bounded.
"""

import json
import re
from dataclasses import dataclass
from typing import BinaryIO

HEADER_BYTES_MAX = 4096
BODY_BYTES_MAX = 64 * 1024 * 1024

# Searched at the end of a line: after a body whose length was wrong, the header stands behind its rest.
_LENGTH = re.compile(rb"content-length:[ \t]*([0-9]{1,15})[ \t]*\r?\n\Z", re.IGNORECASE)
_OTHER_HEADER = re.compile(rb"(?!content-length)[a-z][a-z0-9-]*:[^\0]*\n\Z", re.IGNORECASE)
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no message. ``reason`` is one line for the peer."""

    reason: str


class FrameReader:
    """Reads the bodies of frames. Blocks; for one thread."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._in_step = True

    def read(self) -> bytes | Malformed | None:
        """The next body; None at the end of the stream, also in the middle of a frame."""
        length: int | None = None
        while line := self._source.readline(HEADER_BYTES_MAX):
            if found := _LENGTH.search(line):
                length = int(found[1])
            elif line in (b"\r\n", b"\n"):
                if length is not None:
                    return self._read_body(length)
            elif not _OTHER_HEADER.match(line):
                length = None
                if self._in_step:
                    self._in_step = False
                    return Malformed("not a message header: expected Content-Length")
        return None

    def _read_body(self, length: int) -> bytes | Malformed | None:
        self._in_step = True
        if length <= BODY_BYTES_MAX:
            body = self._source.read(length)
            return body if len(body) == length else None
        while length > 0 and (skipped := self._source.read(min(length, _CHUNK_BYTES))):
            length -= len(skipped)
        return Malformed(f"a message may have at most {BODY_BYTES_MAX} bytes")


def parse(body: bytes) -> object | Malformed:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return Malformed(f"not JSON in UTF-8: {error}")


def frame(message: object) -> bytes:
    # ASCII escapes keep lone surrogates, which UTF-8 could not carry.
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")
