"""What every command prints goes through here: names, licences and code of others give a terminal no orders.

It holds for files and pipes too: whoever reads one later may do so on a terminal. JSON keeps its meaning.
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
    """Standard output and standard error are `VisibleOutput`s inside."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", VisibleOutput(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def bare(stream: TextIO) -> TextIO:
    """The stream itself, for what draws by control characters of our own, such as a progress bar."""
    return stream.bare if isinstance(stream, VisibleOutput) else stream
