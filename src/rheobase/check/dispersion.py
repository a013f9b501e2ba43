r"""How far counts of spikes scatter by chance, learnt from replicas that are independent of one another.

Replicas are simulations with other seeds, or the neurons of a population whose neurons share nothing. In a bin with
the expected total ``E`` the total has the variance ``F E``: ``F`` is 1 for Poisson spikes, less for regular ones, and
more or less where neurons fluctuate together. Few replicas say little about one bin, but ``F`` changes slowly, so it
is pooled over as many neighbouring bins as make forty degrees of freedom; many seeds need none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.check.student import CERTAIN

Array = NDArray[np.float64]

FREEDOM = 40
_FARTHEST = 40  # bins apart


@dataclass(frozen=True, eq=False)
class Dispersion:
    """Of counts in bins.

    Attributes
    ----------
    fano : ndarray (bins,)
        Variance over mean.
    freedom : float
        Degrees of freedom of each ``fano``.
    tie : float
        ``tr(R R)`` over the number of bins, ``R`` the correlations between bins: 1 if these are independent.
    replicas : int
    """

    fano: Array
    freedom: float
    tie: float
    replicas: int

    @property
    def spread(self) -> float:
        """Standard deviation of the sum of squared z-scores over the root of the number of bins.

        With correlated normal ``z`` the sum has the variance ``2 tr(R R)``. That ``fano`` is not exact, of ``n - 1``
        degrees of freedom in each bin, adds ``1/(n - 1)`` of it.
        """
        return float(np.sqrt(2.0 * self.tie * (self.replicas / (self.replicas - 1.0) if self.replicas > 1 else 1.0)))


def dispersion(counts: Array) -> Dispersion:
    """From counts (replicas, bins); a single replica tells nothing, and Poisson spikes are taken for granted."""
    replicas, bins = counts.shape
    if replicas < 2:
        return Dispersion(np.ones(bins), CERTAIN, 1.0, replicas)
    mean = counts.mean(axis=0)
    squares = ((counts - mean) ** 2).sum(axis=0) / (replicas - 1.0)
    width = min(bins, 2 * (-(-FREEDOM // (replicas - 1)) // 2) + 1)
    pooled, total = _pooled(squares, width), _pooled(mean, width)
    known = (pooled > 0.0) & (total > 0.0)
    fano = np.where(known, pooled / np.where(known, total, 1.0), 1.0)  # no spikes: those to expect would be Poisson
    tie = _tie((counts - mean) / np.sqrt(fano * np.maximum(mean, np.finfo(float).tiny)))
    return Dispersion(fano, max(1.0, (replicas - 1.0) * width / tie), tie, replicas)


def _pooled(values: Array, width: int) -> Array:
    """Means over windows of ``width`` bins around each, moved inwards at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.clip(np.arange(values.size) - width // 2, 0, values.size - width)
    return np.asarray((sums[first + width] - sums[first]) / width, float)


def _tie(residual: Array) -> float:
    """``tr(R R)`` over the number of bins, where correlations depend on the distance of bins; less what is chance."""
    replicas, bins = residual.shape
    square = float(np.mean(residual**2))
    if not square > 0.0:
        return 1.0
    total = 0.0
    for lag in range(1, min(bins // 4, _FARTHEST) + 1):
        pairs = bins - lag
        rho = float(np.mean(residual[:, :-lag] * residual[:, lag:])) / square
        total += 2.0 * pairs / bins * (rho**2 - 1.0 / (pairs * (replicas - 1.0)))
    return max(1.0, 1.0 + total)
