"""The expected best score of k samples out of n: pass@k for scores other than 0 and 1."""

from collections.abc import Mapping, Sequence
from math import comb


def score_at_k(scores: Sequence[float], k: int) -> float:
    """Return the best score among ``k`` samples, averaged over all choices of ``k`` of the samples.

    Source: the monitors paper, appendix D; for scores of 0 and 1 it is the unbiased pass@k.
    """
    n = len(scores)
    assert 1 <= k <= n
    descending = sorted(scores, reverse=True)
    chosen_as_best = (comb(n - rank, k - 1) for rank in range(1, n - k + 2))
    return sum(score * ways for score, ways in zip(descending, chosen_as_best, strict=False)) / comb(n, k)


def scores_of_samples(samples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Combine the scores of a case's samples.

    One sample's scores stay as they are; several samples give ``metric@k`` for each k. A metric that is not
    defined for the case is missing in every sample and in the result.
    """
    if len(samples) == 1:
        return dict(samples[0])
    metrics = dict.fromkeys(metric for sample in samples for metric in sample)
    return {
        f"{metric}@{k}": score_at_k([sample.get(metric, 0.0) for sample in samples], k)
        for metric in metrics
        for k in range(1, len(samples) + 1)
    }
