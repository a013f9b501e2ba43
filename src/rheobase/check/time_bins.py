"""Bins for a rate in time: of a round width, each with enough spikes for a normal distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

#: Expected spikes in a bin, of all seeds together: its count is skewed by no more than ``1/sqrt(50) = 0.14`` then.
LEAST_SPIKES = 50.0
_USUAL_SPIKES = 100.0
_MOST_BINS = 400
_LEAST_STEPS = 5  # of the simulation in a bin: that spikes count at the end of their step matters little


def width_in_steps(spikes_per_ms: float, span: float, dt: float) -> int:
    """Width of the bins in steps of ``dt`` (ms): a round number that is wide enough for 100 spikes on average.

    Parameters
    ----------
    spikes_per_ms
        Expected ones, of all neurons and seeds, averaged over the time.
    span
        Time to cut, ms.
    """
    wanted = max(_LEAST_STEPS * dt, span / _MOST_BINS, _USUAL_SPIKES / max(spikes_per_ms, 1e-300))
    decade = 10.0 ** math.floor(math.log10(min(wanted, span)))
    round_width = next(m * decade for m in (1.0, 2.0, 5.0, 10.0) if m * decade >= min(wanted, span) * (1 - 1e-9))
    return int(np.clip(round(round_width / dt), 1, max(1, round(span / dt))))


def merged(expected: Array, least: float = LEAST_SPIKES) -> Whole:
    """Numbers of the bins that begin a merged one: neighbours are joined until ``least`` spikes are expected there.

    The last number is that of all bins; what is left over at the end joins the last merged bin.

    >>> merged(np.array([60.0, 20.0, 20.0, 20.0, 70.0, 10.0]))
    array([0, 1, 4, 6])
    """
    starts, inside = [0], 0.0
    for k, spikes in enumerate(expected):
        inside += float(spikes)
        if inside >= least:
            starts.append(k + 1)
            inside = 0.0
    if len(starts) == 1:
        return np.array([0, expected.size])
    starts[-1] = expected.size
    return np.array(starts)


def counts_of(time: Array, replica: Whole, replicas: int, edges: Array) -> Array:
    """Spikes of each replica in each bin, (replicas, bins); a spike at the end of a bin belongs to it."""
    bins = edges.size - 1
    place = np.searchsorted(edges, time - 1e-6, side="right") - 1
    inside = (place >= 0) & (place < bins)
    table = np.bincount(replica[inside].astype(np.int64) * bins + place[inside], minlength=replicas * bins)
    return np.asarray(table.reshape(replicas, bins), float)
