"""BM25 over the repository's chunks, asked with the terms around the hole."""

from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.ranking import until_gap
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.surroundings import Surroundings

# As many as similar.py looks at, so that both ask the index the same.
CANDIDATES_MAX = 24
CHUNKS_MAX = 6


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    found = index.search(around.near_terms, CANDIDATES_MAX, without=around.request.path)
    hits = found[:CHUNKS_MAX]
    best = hits[0].score if hits else 0.0
    for hit in until_gap(hits, [hit.score for hit in hits]):
        if hit.text.strip() and best > 0:
            yield Snippet(
                text=hit.text.strip("\n"),
                source="bm25",
                path=hit.path,
                span=LineSpan(hit.start_line, hit.stop_line),
                score=max(0.0, min(1.0, hit.score / best)),
                reason=f"has rare words of the lines around the cursor (BM25 {hit.score:.1f})",
            )
