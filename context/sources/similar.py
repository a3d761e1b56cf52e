"""The code most like the lines before the hole, with the lines that follow it, in this file and in others.

BM25 finds candidate files; the sets of identifiers then find the windows in them and score these
(similarity.py).
"""

from collections.abc import Iterator

from holesmith.context.identifiers import IDENTIFIER
from holesmith.context.index.reader import Index
from holesmith.context.similarity import best_windows, jaccard
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.sources.bm25 import CANDIDATES_MAX
from holesmith.context.surroundings import Surroundings

# Other files that are searched, and windows that become snippets.
FILES_MAX = 4
WINDOWS_MAX = 5
# A window with a lower score is not alike enough.
SCORE_MIN = 0.12
# The share of names in common that scores 1: the other names differ even in the best windows.
SCORE_FULL = 0.4


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the best windows of this file and of others, the best first."""
    names = around.query_names
    if len(names) < 3:
        return
    found: list[Snippet] = list(
        windows_in(around.request.path, around.lines, around, "similar", around.shown)
    )
    hits = index.search(around.near_terms, CANDIDATES_MAX, around.request.path, around.languages)
    likeness = {hit: jaccard(names, frozenset(IDENTIFIER.findall(hit.text))) for hit in hits}
    likely = sorted(hits, key=lambda hit: -likeness[hit])
    for path in tuple(dict.fromkeys(hit.path for hit in likely))[:FILES_MAX]:
        text = index.text(path) or ""
        found.extend(windows_in(path, text.split("\n"), around, "similar"))
    found.sort(key=lambda snippet: -snippet.score)
    yield from found[:WINDOWS_MAX]


def windows_in(
    path: str,
    lines: list[str],
    around: Surroundings,
    source: str,
    hidden: LineSpan | None = None,
) -> Iterator[Snippet]:
    """Yield the best windows of one file as snippets; no window contains the lines ``hidden``."""
    for window in best_windows(lines, around.query_names, 2, hidden or LineSpan(0, 0)):
        text = "\n".join(lines[window.span.start : window.span.stop]).strip("\n")
        if window.score >= SCORE_MIN and text.strip():
            yield Snippet(
                text=text,
                source=source,
                path=path,
                span=window.span,
                score=min(1.0, window.score / SCORE_FULL),
                reason=f"{window.score:.0%} of the names are those of the lines before the cursor",
            )
