"""Retrieved contexts packed for a model: RepoFusion's NT-Prior-Last, and the plain top k.

The functions work on lists of tokens and don't look at their text. The prior context is found by its title,
because a position in a list of rules says nothing by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from holesmith.evaluation.case import Passage

PRIOR_TITLE = "codex"
"""RLPG's name of the default context: the lines before the hole."""
PRIOR_PLACE = 16
"""The index of the default context in Stack-Repo's files, used if their titles are unknown."""

Encode = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a passage."""

    title: str
    token_ids: tuple[int, ...]


def split_prior(passages: Sequence[Passage]) -> tuple[Passage, tuple[Passage, ...]]:
    """Return the prior context and the other contexts in their order. A missing prior is an empty passage."""
    titles = [passage.title for passage in passages]
    place = titles.index(PRIOR_TITLE) if PRIOR_TITLE in titles else PRIOR_PLACE
    if place >= len(passages):
        return Passage(PRIOR_TITLE, ""), tuple(passages)
    return passages[place], (*passages[:place], *passages[place + 1 :])


def chunks_of(passage: Passage, encode: Encode, chunk_tokens: int) -> Iterator[Chunk]:
    """Yield the whole passage in pieces of ``chunk_tokens``; none if it is empty or the length below 1."""
    if not passage.text or chunk_tokens < 1:
        return
    token_ids = encode(passage.text)
    for start in range(0, len(token_ids), chunk_tokens):
        yield Chunk(passage.title, tuple(token_ids[start : start + chunk_tokens]))


def not_truncated_prior_last(
    passages: Sequence[Passage], passages_max: int, room: Callable[[Passage], int], encode: Encode
) -> list[Chunk]:
    """Return at most ``passages_max`` chunks: the first of the ranked contexts, then all of the prior.

    ``room`` is the number of tokens that a chunk of that passage may have. If the prior alone has too many
    chunks, its last ones stay. Source: RepoFusion, "no-truncation-codex-last".
    """
    prior, others = split_prior(passages)
    last = list(chunks_of(prior, encode, room(prior)))[-passages_max:]
    first: list[Chunk] = []
    for passage in others:
        for chunk in chunks_of(passage, encode, room(passage)):
            if len(first) + len(last) == passages_max:
                return [*first, *last]
            first.append(chunk)
    return [*first, *last]


def fitted(chunks: Sequence[Chunk], cost: Callable[[Chunk], int], tokens_max: int) -> list[Chunk]:
    """Return the chunks that fit into ``tokens_max``: the prior's from the end, then others in rank order."""
    kept: set[int] = set()
    budget = tokens_max
    prior = [place for place, chunk in enumerate(chunks) if chunk.title == chunks[-1].title]
    others = [place for place in range(len(chunks)) if place not in set(prior)]
    for places in (reversed(prior), iter(others)):
        for place in places:
            if cost(chunks[place]) > budget:
                break
            budget -= cost(chunks[place])
            kept.add(place)
    return [chunk for place, chunk in enumerate(chunks) if place in kept]
