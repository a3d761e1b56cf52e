"""Lay out selected snippets as files of the prompt, in an order that hardly changes between keystrokes.

Snippets are sorted by tier (longest valid first), then by path, then by line; never by score, which would
reshuffle the prompt and invalidate the prefix cache. Snippets of one file in one tier become one block.
"""

from collections.abc import Iterable

from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.context.prompt.prompt import RepositoryFile
from holesmith.context.snippet import TIERS, Snippet
from holesmith.context.sources.catalogue import SOURCE_OF_SNIPPET


def in_order(snippets: Iterable[Snippet]) -> list[Snippet]:
    """Sort snippets as they stand in the prompt."""
    return sorted(snippets, key=_place)


def files_of(snippets: Iterable[Snippet], language: str) -> tuple[RepositoryFile, ...]:
    """Return the blocks for the prompt, with a comment of three dots between two pieces of one file."""
    blocks: dict[tuple[int, str], list[str]] = {}
    for snippet in in_order(snippets):
        tier = _place(snippet)[0]
        blocks.setdefault((tier, snippet.path), []).append(snippet.text.strip("\n"))
    gap = f"\n{rules_of(language).line_comment} ...\n"
    return tuple(RepositoryFile(path, gap.join(texts)) for (_, path), texts in blocks.items())


def _place(snippet: Snippet) -> tuple[int, str, int, str]:
    source = SOURCE_OF_SNIPPET.get(snippet.source)
    tier = TIERS.index(source.tier) if source else len(TIERS)
    return tier, snippet.path, snippet.span.start if snippet.span else -1, snippet.text
