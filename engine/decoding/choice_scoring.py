"""The likelihood of several continuations, all scored in one pass over the tree of their tokens.

Continuations that begin alike share their first tokens. A continuation counts as a whole word: the score
includes a token that ends the word. Greedy decoding under a mask can choose a first token that is likely only
because of a word that is not allowed; these scores can't be misled in this way.

Invariant: the cache is left unchanged; the scores are those of running each continuation by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from holesmith.engine.errors import EngineError
from holesmith.engine.model.causal_model import CacheT, CausalModel
from holesmith.engine.model.kv_cache import KeyValueCache
from torch import Tensor

NODES_MAX = 64
"""Tokens of one pass at most: each gives a row of logits over the whole vocabulary."""


@dataclass(frozen=True, slots=True)
class TokenTree:
    """A tree of continuations.

    ``parents[i]`` is the node before node ``i``, -1 for the prompt; parents come before their children.
    ``paths[j]`` are the nodes of the j-th continuation, in order.
    """

    ids: tuple[int, ...]
    parents: tuple[int, ...]
    paths: tuple[tuple[int, ...], ...]


@runtime_checkable
class TreeModel(Protocol):
    """A model that can run a tree of tokens at once: `decoder.Decoder`."""

    @property
    def device(self) -> torch.device: ...

    def forward_tree(self, token_ids: Tensor, parents: Sequence[int], cache: KeyValueCache) -> Tensor: ...


def tree_of(choices: Sequence[Sequence[int]]) -> TokenTree:
    """Build the tree of all continuations. None of them may be empty."""
    ids: list[int] = []
    parents: list[int] = []
    children: dict[tuple[int, int], int] = {}
    paths: list[tuple[int, ...]] = []
    for choice in choices:
        assert choice, "an empty continuation"
        node, path = -1, list[int]()
        for token_id in choice:
            following = children.setdefault((node, token_id), len(ids))
            if following == len(ids):
                ids.append(token_id)
                parents.append(node)
            node = following
            path.append(node)
        paths.append(tuple(path))
    return TokenTree(tuple(ids), tuple(parents), tuple(paths))


def trees_of(choices: Sequence[Sequence[int]], nodes_max: int) -> list[tuple[list[int], TokenTree]]:
    """Divide continuations into trees of at most ``nodes_max`` tokens, unless one alone is longer.

    Each tree comes with the indices of its continuations; neighbours in order of tokens stay together.
    """
    order = sorted(range(len(choices)), key=lambda at: tuple(choices[at]))
    groups: list[tuple[list[int], TokenTree]] = []
    group: list[int] = []
    for at in order:
        grown = tree_of([choices[each] for each in (*group, at)])
        if group and len(grown.ids) > nodes_max:
            groups.append((group, tree_of([choices[each] for each in group])))
            group = []
        group = [*group, at]
    return [*groups, (group, tree_of([choices[each] for each in group]))] if group else groups


def score_choices(
    model: CausalModel[CacheT],
    cache: CacheT,
    logits: Tensor,
    choices: Sequence[Sequence[int]],
    ending: Tensor,
) -> list[float]:
    """Return the log-probability of each continuation, with the token that ends it, after the cached tokens.

    ``logits`` [vocabulary] are those after the prompt; ``ending`` [ids] int64 are the tokens that end a word.
    """
    longest = max(map(len, choices))
    if cache.length + longest > cache.capacity:
        raise EngineError(f"the prompt leaves no room for {longest} tokens more")
    if isinstance(model, TreeModel) and isinstance(cache, KeyValueCache):
        return score_by_tree(model, cache, logits, choices, ending)
    return score_one_by_one(model, cache, logits, choices, ending)


def score_by_tree(
    model: TreeModel, cache: KeyValueCache, logits: Tensor, choices: Sequence[Sequence[int]], ending: Tensor
) -> list[float]:
    """See `score_choices`: one pass for every ``NODES_MAX`` tokens of the tree."""
    scores = [0.0] * len(choices)
    room = min(NODES_MAX, cache.capacity - cache.length)
    for indices, tree in trees_of(choices, room):
        ids = torch.tensor(tree.ids, dtype=torch.int64, device=model.device)
        rows = model.forward_tree(ids, tree.parents, cache)
        before = torch.cat((logits[None], rows))[[parent + 1 for parent in tree.parents]]
        gained = before.gather(1, ids[:, None])[:, 0] - before.logsumexp(1)
        ended = rows[:, ending].logsumexp(1) - rows.logsumexp(1)
        for index, path in zip(indices, tree.paths, strict=True):
            scores[index] = float(gained[list(path)].sum() + ended[path[-1]])
    return scores


def score_one_by_one(
    model: CausalModel[CacheT],
    cache: CacheT,
    logits: Tensor,
    choices: Sequence[Sequence[int]],
    ending: Tensor,
) -> list[float]:
    """See `score_choices`, for a model without trees: one pass for each continuation."""
    length = cache.length
    scores: list[float] = []
    for choice in choices:
        ids = torch.tensor(choice, dtype=torch.int64, device=model.device)
        rows = model.forward(ids, cache, len(choice))
        cache.truncate(length)
        before = torch.cat((logits[None], rows[:-1]))
        gained = before.gather(1, ids[:, None])[:, 0] - before.logsumexp(1)
        scores.append(float(gained.sum() + rows[-1, ending].logsumexp(0) - rows[-1].logsumexp(0)))
    return scores
