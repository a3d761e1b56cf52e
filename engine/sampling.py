"""Draws the next token from logits: greedy, or by temperature and nucleus, from all ids or from allowed ones.

The log-probability that is reported is always that of the unconstrained model at temperature 1: it says how
much the model itself believed in the token.
"""

import torch
from holesmith.engine.request import Sampling, Token
from torch import Tensor


class Sampler:
    """One request's way of choosing. The same seed on the same logits gives the same tokens."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._generator = torch.Generator().manual_seed(sampling.seed)

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self._sampling.temperature <= 0

    def choose(self, logits: Tensor, allowed: Tensor | None = None) -> Token:
        """Draw from ``logits``  # [vocabulary] float32

        ``allowed`` are the ids to choose among, int64; None for all.
        """
        candidates = logits if allowed is None else logits[allowed]
        chosen = int(candidates.argmax()) if self.greedy else self._draw(candidates)
        token_id = chosen if allowed is None else int(allowed[chosen])
        return Token(token_id, float(logits[token_id] - logits.logsumexp(0)))

    def _draw(self, candidates: Tensor) -> int:
        probabilities = (candidates.float().cpu() / self._sampling.temperature).softmax(0)
        if self._sampling.top_p < 1:
            ordered, order = probabilities.sort(descending=True)
            outside = ordered.cumsum(0) - ordered >= self._sampling.top_p
            probabilities[order[outside]] = 0
        return int(torch.multinomial(probabilities, 1, generator=self._generator))
