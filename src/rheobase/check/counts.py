"""Spike counts in windows, as a recording has them: variances of neurons, covariances of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.simulation import Recording
from rheobase.simulation.recording import Spikes

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Statistics of spike counts in windows that do not overlap.

    Attributes
    ----------
    variance : ndarray (m,)
        Of a neuron's count, averaged over the neurons of each population.
    covariance : ndarray (m, m)
        Of the counts of two different neurons, averaged over all pairs; nan within a population of one.
    windows : int
    """

    variance: Array
    covariance: Array
    windows: int

    @property
    def coefficient(self) -> Array:
        """Mean covariance over mean variance, as in `rheobase.population.Correlations`; nan where all are silent."""
        scale = np.sqrt(np.outer(self.variance, self.variance))
        return np.divide(self.covariance, scale, out=np.full(scale.shape, np.nan), where=scale > 0.0)


def counts(recording: Recording, start: float, window: float) -> Counts:
    """Counts in windows (ms) from ``start`` (ms) on; an incomplete last one is left out.

    The mean covariance of all pairs follows from the counts of whole populations, ``cov(sum, sum') = sum cov``, of
    which the neurons' own variances are taken off.
    """
    windows = int(np.floor((recording.duration - start) / window + 1e-9))
    if windows < 2:
        m = len(recording.sizes)
        return Counts(np.full(m, np.nan), np.full((m, m), np.nan), windows)
    sizes = np.array(recording.sizes, float)
    tables = [_table(recording.spikes.of(k), size, start, window, windows) for k, size in enumerate(recording.sizes)]
    summed = np.array([table.var(axis=1, ddof=1).sum() for table in tables])
    together = np.atleast_2d(np.cov(np.array([table.sum(axis=0) for table in tables], float)))
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    covariance = np.divide(together - np.diag(summed), pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0.0)
    return Counts(summed / sizes, covariance, windows)


def _table(spikes: Spikes, n: int, start: float, window: float, windows: int) -> NDArray[np.int64]:
    """Counts, shape (neurons, windows); a spike at the end of a window belongs to it."""
    place = np.ceil((spikes.time - start) / window - 1e-6).astype(np.int64) - 1
    inside = (place >= 0) & (place < windows)
    found = np.bincount(spikes.neuron[inside].astype(np.int64) * windows + place[inside], minlength=n * windows)
    return found.reshape(n, windows)
