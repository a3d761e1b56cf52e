"""BM25 over the repository's chunks, asked with the terms around the hole."""

from collections.abc import Iterator

from holesmith.context.identifiers import IDENTIFIER
from holesmith.context.index.reader import Index
from holesmith.context.ranking import until_gap
from holesmith.context.similarity import jaccard
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.surroundings import Surroundings

# The same number as in similar.py, so that both ask the index the same query.
CANDIDATES_MAX = 24
# Chunks that become snippets.
CHUNKS_MAX = 6
# BM25 has a best hit for every query, even if nothing is alike; comparing the sets of names finds that out.
LIKENESS_FULL = 0.2


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the chunks with the best scores, up to the gap in the scores."""
    found = index.search(around.near_terms, CANDIDATES_MAX, around.request.path, around.languages)
    hits = found[:CHUNKS_MAX]
    best = hits[0].score if hits else 0.0
    for hit in until_gap(hits, [hit.score for hit in hits]):
        if hit.text.strip() and best > 0:
            yield Snippet(
                text=hit.text.strip("\n"),
                source="bm25",
                path=hit.path,
                span=LineSpan(hit.start_line, hit.stop_line),
                score=max(0.0, min(1.0, hit.score / best)) * likeness(hit.text, around),
                reason=f"has rare words of the lines around the cursor (BM25 {hit.score:.1f})",
            )


def likeness(text: str, around: Surroundings) -> float:
    """Return a number from 0 to 1: the similarity of the names in ``text`` and in
    the lines before the hole.
    """
    names = frozenset(IDENTIFIER.findall(text))
    return min(1.0, jaccard(around.query_names, names) / LIKENESS_FULL)
