"""Two sources: the user's recent edits, and code like the lines before the hole in files visited recently."""

from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.sources.similar import windows_in
from holesmith.context.surroundings import Surroundings

# Edits that become snippets, and visited files that are searched.
EDITS_MAX = 4
FILES_MAX = 6
# The factor between the scores of a file and of the one visited before it.
DECAY = 0.85


def edits(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the recent edits that the prompt does not show anyway, the latest first."""
    del index
    related = [edit for edit in around.request.edits if around.is_related(edit.path)]
    for rank, edit in enumerate(related[:EDITS_MAX]):
        span = LineSpan(edit.line, edit.line + edit.text.count("\n") + 1)
        is_shown = edit.path == around.request.path and span.overlap(around.shown) > 0
        if edit.text.strip() and not is_shown:
            reason = "changed last" if rank == 0 else "changed lately"
            yield Snippet(edit.text.strip("\n"), "recent_edits", edit.path, span, DECAY**rank, reason)


def files(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the windows of visited files that are like the lines before the hole."""
    visited = filter(around.is_related, around.request.visited)
    paths = [path for path in visited if path != around.request.path]
    for rank, path in enumerate(paths[:FILES_MAX]):
        text = around.request.unsaved.get(path) or index.text(path) or ""
        for snippet in windows_in(path, text.split("\n"), around, "recent_files"):
            yield Snippet(
                snippet.text,
                snippet.source,
                path,
                snippet.span,
                snippet.score * DECAY**rank,
                f"opened lately; {snippet.reason}",
            )
