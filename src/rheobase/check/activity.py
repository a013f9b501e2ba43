"""The rhythm of a population: where the spectrum of its activity has its peak."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ = 5.0
_CHANCE = 0.01


def dominant_frequency(
    frequency: NDArray[np.float64], power: NDArray[np.float64], floor: float, segments: int, lowest: float = LOWEST_HZ
) -> float:
    """Frequency (Hz) at which a spectrum has its peak; nan if what is there may be chance.

    Independent neurons that fire like Poisson processes have the flat spectrum ``floor``, rate over number of neurons.
    The mean of ``segments`` periodograms then has a gamma distribution at every frequency, and the highest of all
    values stays below ``floor * q`` with a probability of 99 %; a peak has to stand above that. Its place is refined
    with a parabola through the logarithms of three points.

    Parameters
    ----------
    frequency, power
        The spectrum: Hz and Hz**2/Hz.
    floor
        Its value for independent Poisson neurons.
    segments
        Number of independent periodograms that were averaged.
    lowest
        Frequencies below this are left out, Hz: a drift of the rate is no rhythm.
    """
    from scipy.stats import gamma

    inside = np.flatnonzero((frequency >= lowest) & (frequency < frequency[-1]))
    if inside.size < 3 or not np.any(power[inside] > 0):
        return float("nan")
    peak = int(inside[np.argmax(power[inside])])
    if power[peak] < floor * gamma.isf(_CHANCE / inside.size, segments) / segments:
        return float("nan")
    left, centre, right = np.log(np.maximum(power[peak - 1 : peak + 2], np.finfo(float).tiny))
    curvature = left - 2 * centre + right
    offset = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(frequency[peak] + np.clip(offset, -0.5, 0.5) * (frequency[1] - frequency[0]))
