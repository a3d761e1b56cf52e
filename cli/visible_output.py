"""Print control characters as visible escapes, so that no name or code can control the user's terminal.

All commands print through this module, also to files and pipes, which may be shown on a terminal later. JSON
keeps its meaning.
"""

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TextIO, cast

from holesmith.completion.visible_text import visible


class VisibleOutput:
    """A text stream that writes hidden characters as escapes; ``bare`` is the stream behind it."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def write(self, text: str) -> int:
        self.bare.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self.bare, name)


@contextmanager
def visible_output() -> Generator[None]:
    """Replace standard output and standard error with a `VisibleOutput` in the block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", VisibleOutput(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def bare(stream: TextIO) -> TextIO:
    """The stream behind a `VisibleOutput`, for control characters of our own, as of a progress bar."""
    return stream.bare if isinstance(stream, VisibleOutput) else stream
