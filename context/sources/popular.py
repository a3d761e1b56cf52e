"""The functions and classes that this repository uses most, by their signatures."""

from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.stubs import stub_lines
from holesmith.context.surroundings import Surroundings

# Definitions that become snippets.
APIS_MAX = 8


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the signatures, the most used first."""
    count = 0
    for api, uses in index.popular(6 * APIS_MAX, around.languages):
        if api.path == around.request.path:
            continue
        yield Snippet(
            text="\n".join(stub_lines(around.request.language, api.symbol)),
            source="popular",
            path=api.path,
            span=LineSpan(api.symbol.start_line, api.symbol.body_line),
            score=1.0 / (1 + 0.1 * count),
            reason=f"used in {uses:,} places of the repository",
        )
        count += 1
        if count == APIS_MAX:
            return
