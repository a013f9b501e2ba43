"""Statistics of a rate in bins of time, as recordings and theories of finite populations give it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

#: Windows from which the standard error of a rate comes.
WINDOWS = 10


def mean_and_error(windows: Array) -> tuple[float, float]:
    """Mean and standard error of windows; neighbouring windows' correlation widens it, never narrows it."""
    mean = float(windows.mean())
    deviation = windows - mean
    variance = float(deviation @ deviation) / (windows.size - 1)
    neighbours = float(deviation[:-1] @ deviation[1:]) / (windows.size - 1)
    return mean, float(np.sqrt((variance + 2 * max(neighbours, 0.0)) / windows.size))


def power_spectrum(rate: Array, width: float, segment: float) -> tuple[Array, Array]:
    """One-sided power spectral density by Welch's method, of bins of ``width`` (ms); segments (ms) are shortened to the
    data.
    """
    from scipy.signal import welch

    length = min(rate.size, max(8, round(segment / width)))
    return welch(rate, fs=1e3 / width, nperseg=length, detrend="constant")
