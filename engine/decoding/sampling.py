"""Sampling of the next token from logits: greedy, or by temperature and nucleus, from all or allowed ids.

The reported log-probability is always that of the unconstrained model at temperature 1: it says how likely
the model itself found the token.
"""

import torch
from holesmith.engine.request import Sampling, Token
from torch import Tensor


class Sampler:
    """The sampling of one request. The same seed on the same logits gives the same tokens."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._generator = torch.Generator().manual_seed(sampling.seed)

    @property
    def greedy(self) -> bool:
        """True if the likeliest token is always taken."""
        return self._sampling.temperature <= 0

    def choose(self, logits: Tensor, allowed: Tensor | None = None, scores: Tensor | None = None) -> Token:
        """Draw a token by ``scores``, which default to ``logits``.  # [vocabulary] float32

        ``allowed`` are the ids to choose among, int64; None for all.
        """
        scores = logits if scores is None else scores
        candidates = scores if allowed is None else scores[allowed]
        if self.greedy:
            chosen = _likeliest(candidates, allowed)
        else:
            drawn = self._draw(candidates)
            chosen = torch.tensor(drawn) if allowed is None else allowed[drawn]
        return _tokens(logits[None], chosen[None])[0]

    def to_device(self, logits: Tensor) -> Tensor:
        """Return the logits on the device that `choose` needs.

        Random draws happen on the host, so all rows are moved there in one transfer.
        """
        return logits if self.greedy else logits.cpu()

    def _draw(self, candidates: Tensor) -> int:
        probabilities = (candidates.float() / self._sampling.temperature).softmax(0)
        if self._sampling.top_p < 1:
            ordered, order = probabilities.sort(descending=True)
            outside = ordered.cumsum(0) - ordered >= self._sampling.top_p
            probabilities[order[outside]] = 0
        return int(torch.multinomial(probabilities, 1, generator=self._generator))


def likeliest(rows: Tensor) -> list[Token]:
    """Return the likeliest token of each row of logits.  # [rows, vocabulary] float32"""
    return _tokens(rows, rows.argmax(-1))


def _likeliest(candidates: Tensor, allowed: Tensor | None) -> Tensor:
    """Return the likeliest id; of equally likely ids the lowest, so that a mask does not change the choice.

    # [] int64; any of ``allowed`` if no logit is a number
    """
    if allowed is None:
        return candidates.argmax()
    return (
        allowed.where(candidates == candidates.max(), allowed.max()).min() if len(allowed) > 1 else allowed[0]
    )


def _tokens(rows: Tensor, ids: Tensor) -> list[Token]:
    """Return a token of each row with its log-probability, copied from the device in one transfer.

    # [rows, vocabulary] float32, [rows] int64
    """
    believed = rows.gather(1, ids[:, None])[:, 0] - rows.logsumexp(1)
    # float64 holds every id exactly.
    pairs: list[tuple[float, float]] = torch.stack((ids.double(), believed.double()), 1).tolist()
    return [Token(int(token_id), log_probability) for token_id, log_probability in pairs]
