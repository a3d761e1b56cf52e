"""The uncertainty of a mean or a difference: a cluster bootstrap and a randomisation test, both seeded.

Holes of one file resemble each other, so whole files are resampled, not holes: intervals over holes alone
would be too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Resamples for each interval, the fixed seed for drawing them, and the share of them inside the interval.
RESAMPLES = 4000
SEED = 20240
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval. ``count`` is the number of cases, ``clusters`` that of files."""

    mean: float
    low: float
    high: float
    count: int
    clusters: int


def interval_of(values: Sequence[float], clusters: Sequence[str]) -> Interval:
    """Return the mean with its percentile interval.

    Clusters are resampled; with only one cluster, cases are.
    """
    assert values
    assert len(values) == len(clusters)
    sums, counts = _by_cluster(values, clusters)
    if len(sums) == 1:
        sums, counts = np.asarray(values, dtype=np.float64), np.ones(len(values))
    generator = np.random.default_rng(SEED)
    means: list[float] = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(sums), size=len(sums))
        means.append(float(sums[drawn].sum() / counts[drawn].sum()))
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Interval(float(np.mean(values)), float(low), float(high), len(values), len(set(clusters)))


def randomisation_p(differences: Sequence[float], clusters: Sequence[str]) -> float:
    """Return the two-sided p-value of a paired difference.

    The signs of the files' sums are flipped at random. The value is exact for up to 12 files. For more it
    comes from ``RESAMPLES`` random flips, which include the observed one, so that it is never 0.
    """
    sums, _ = _by_cluster(differences, clusters)
    observed = abs(sums.sum())
    sums = sums[sums != 0]
    if len(sums) == 0:
        return 1.0
    if len(sums) <= 12:
        signs = 1.0 - 2.0 * ((np.arange(1 << len(sums))[:, None] >> np.arange(len(sums))) & 1)
        return float(np.mean(np.abs(signs @ sums) >= observed - 1e-9))
    generator = np.random.default_rng(SEED)
    reached = 0
    for _ in range(RESAMPLES):
        signs = 1.0 - 2.0 * generator.integers(2, size=len(sums))
        reached += bool(abs(float(signs @ sums)) >= observed - 1e-9)
    return (1 + reached) / (1 + RESAMPLES)


def _by_cluster(
    values: Sequence[float], clusters: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sum and the number of the values of each cluster."""
    places = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    of_value = np.array([places[cluster] for cluster in clusters])
    sums = np.bincount(of_value, weights=np.asarray(values, dtype=np.float64)).astype(np.float64)
    return sums, np.bincount(of_value).astype(np.float64)
