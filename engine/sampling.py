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

    def choose(self, logits: Tensor, allowed: Tensor | None = None, scores: Tensor | None = None) -> Token:
        """Draw by ``scores``, which are ``logits`` unless preferences changed them.  # [vocabulary] float32

        ``allowed`` are the ids to choose among, int64; None for all.
        """
        scores = logits if scores is None else scores
        candidates = scores if allowed is None else scores[allowed]
        if self.greedy:
            token_id = _likeliest(candidates, allowed)
        else:
            drawn = self._draw(candidates)
            token_id = drawn if allowed is None else int(allowed[drawn])
        return Token(token_id, float(logits[token_id] - logits.logsumexp(0)))

    def _draw(self, candidates: Tensor) -> int:
        probabilities = (candidates.float().cpu() / self._sampling.temperature).softmax(0)
        if self._sampling.top_p < 1:
            ordered, order = probabilities.sort(descending=True)
            outside = ordered.cumsum(0) - ordered >= self._sampling.top_p
            probabilities[order[outside]] = 0
        return int(torch.multinomial(probabilities, 1, generator=self._generator))


def _likeliest(candidates: Tensor, allowed: Tensor | None) -> int:
    """Of equally likely ids the lowest, in whatever order they are: a mask must not change the choice."""
    if allowed is None:
        return int(candidates.argmax())
    return int(allowed[candidates == candidates.max()].min()) if len(allowed) > 1 else int(allowed[0])
