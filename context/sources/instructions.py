"""The user's standing instructions: a file in the repository that describes its style of code."""

from collections.abc import Iterator

from holesmith.analysis.files.regular_file import regular_file_or_none
from holesmith.context.index.reader import Index
from holesmith.context.snippet import Snippet
from holesmith.context.surroundings import Surroundings

PATH = ".holesmith/instructions.md"
# Bytes of the file that are read, and characters of it that are shown.
BYTES_MAX = 1_000_000
CHARACTERS_MAX = 2_000


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the instructions; nothing if there is no such file."""
    del index
    root = around.request.root
    data = regular_file_or_none(root / PATH, BYTES_MAX, root=root, follow_links=False)
    text = (data or b"").decode("utf-8-sig", "replace")[:CHARACTERS_MAX].strip()
    if text:
        yield Snippet(text, "instructions", PATH, None, 1.0, "the repository's standing instructions")
