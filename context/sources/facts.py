"""The facts of static analysis about the hole, as snippets (typed holes as context, Blinn et al.)."""

from collections.abc import Iterator

from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.context.index.reader import Index
from holesmith.context.request import FactKind
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.surroundings import Surroundings

SOURCE_OF_KIND: dict[FactKind, str] = {
    "expected type": "expected_type",
    "relevant type": "relevant_types",
    "relevant header": "relevant_headers",
    "member": "members",
    "signature": "signature",
}
# Facts of one kind that become snippets.
FACTS_MAX = 8


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the facts; members of one place become one snippet, and an expected type becomes a comment."""
    del index
    comment = rules_of(around.request.language).line_comment
    members: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for fact in around.request.facts or ():
        path = fact.path or around.request.path
        if fact.kind == "member":
            members.setdefault(path, []).append(fact.text)
            continue
        rank = counts[fact.kind] = counts.get(fact.kind, 0) + 1
        if rank > FACTS_MAX or not fact.text.strip():
            continue
        is_type = fact.kind == "expected type"
        text = f"{comment} expected: {fact.text}" if is_type else fact.text
        span = None if fact.line is None else LineSpan(fact.line, fact.line + fact.text.count("\n") + 1)
        reason = f"{fact.kind} of the hole"
        yield Snippet(text, SOURCE_OF_KIND[fact.kind], path, span, 1.0 / (1 + 0.2 * (rank - 1)), reason)
    for path, texts in members.items():
        yield Snippet("\n".join(texts), "members", path, None, 1.0, "members of the receiver at the hole")
