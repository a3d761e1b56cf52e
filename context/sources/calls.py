"""Two sources: the signatures of functions called near the hole, and calls of the
function around the hole.
"""

import re
from collections.abc import Iterator

from holesmith.context.identifiers import terms_of_identifier
from holesmith.context.index.reader import Index, IndexedSymbol
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.stubs import stub_lines
from holesmith.context.surroundings import Surroundings

# Callees and callers that become snippets.
CALLEES_MAX = 8
CALLERS_MAX = 3
# A name with more definitions than this does not tell which one is meant.
DEFINITIONS_MAX = 4
# Lines shown before and after a call.
LINES_AROUND_CALL = 4


def callees(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the signatures of functions called near the hole, the nearest first."""
    names = around.called_names[: 3 * CALLEES_MAX]
    by_name: dict[str, list[IndexedSymbol]] = {}
    for definition in index.definitions(names, languages=around.languages):
        if definition.symbol.kind in ("function", "method"):
            by_name.setdefault(definition.symbol.name, []).append(definition)
    count = 0
    for rank, name in enumerate(names):
        definitions = by_name.get(name, [])
        if not 0 < len(definitions) <= DEFINITIONS_MAX:
            continue
        for definition in definitions[:2]:
            span = LineSpan(definition.symbol.start_line, definition.symbol.stop_line)
            if definition.path == around.request.path and span.overlap(around.shown):
                continue
            yield Snippet(
                text="\n".join(stub_lines(around.request.language, definition.symbol)),
                source="callees",
                path=definition.path,
                span=LineSpan(definition.symbol.start_line, definition.symbol.body_line),
                score=1.0 / (1 + 0.2 * rank) / len(definitions),
                reason=f"{name} is called near the cursor",
            )
        count += 1
        if count == CALLEES_MAX:
            return


def callers(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield lines around calls of the function that the hole is in."""
    function = next(
        (symbol for symbol in reversed(around.enclosing) if symbol.kind in ("function", "method")), None
    )
    if function is None or len(function.name) < 3 or function.name.startswith("__"):
        return
    call = re.compile(rf"(?<!def )(?<!func )(?<!fn )\b{re.escape(function.name)}\s*\(")
    terms = terms_of_identifier(function.name)[:1]
    count = 0
    for hit in index.search(terms, 6 * CALLERS_MAX, around.request.path, around.languages):
        lines = hit.text.split("\n")
        line = next((number for number, text in enumerate(lines) if call.search(text)), None)
        if line is None:
            continue
        start, stop = max(0, line - LINES_AROUND_CALL), min(len(lines), line + LINES_AROUND_CALL + 1)
        text = "\n".join(lines[start:stop]).strip("\n")
        yield Snippet(
            text=text,
            source="callers",
            path=hit.path,
            span=LineSpan(hit.start_line + start, hit.start_line + stop),
            score=1.0 / (1 + 0.3 * count),
            reason=f"calls {function.name}",
        )
        count += 1
        if count == CALLERS_MAX:
            return
