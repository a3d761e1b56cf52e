"""The user's standing instructions: a file in the repository that says what its code is like."""

from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.snippet import Snippet
from holesmith.context.surroundings import Surroundings

PATH = ".holesmith/instructions.md"
CHARACTERS_MAX = 2_000


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    del index
    file = around.request.root / PATH
    try:
        if file.is_symlink() or not file.is_file():
            return
        with file.open(encoding="utf-8", errors="replace") as opened:
            text = opened.read(CHARACTERS_MAX).strip()
    except OSError:
        return
    if text:
        yield Snippet(text, "instructions", PATH, None, 1.0, "the repository's standing instructions")
