"""Spike trains whose intervals are independent: renewal processes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def renewal_spectrum(rate: Array, interval: Complex) -> Array:
    """Two-sided spectrum of renewal processes (in the rate's unit), from their intervals' transform at ``i omega``."""
    return rate * (1.0 - np.abs(interval) ** 2) / np.abs(1.0 - interval) ** 2
