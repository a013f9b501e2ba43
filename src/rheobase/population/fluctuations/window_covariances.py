"""Covariances of a network's spike counts in windows: of populations, and of two different neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.windowed import Windowed, windowed
from rheobase.population.fluctuations.finite_size import Fluctuations
from rheobase.units import internal, ms

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_ACCURACY = 1e-4  # of the variance of Poisson neurons
_HIGHEST_HZ = 4e3


def in_windows(f: Fluctuations, window: float, lags: Array) -> Windowed:
    """Covariances (Hz**2) of the activities with and without recurrence, less what is white: (lags, m*m + m)."""
    white, m = f.white, len(f.names)
    highest = max(_HIGHEST_HZ, 8e3 / window)

    def spectrum(frequency: Array) -> Complex:
        loop, own = table(frequency)
        coupled = f.cross(frequency, loop, own) - np.diag(white)
        return np.concatenate([coupled.reshape(frequency.size, m * m), own - white], axis=1).astype(complex)

    tol = _ACCURACY * max(float(np.max(white)), 1e-300) / (1e-3 * window)
    slowest = max((1.0 / -mode.growth_per_s for mode in f.state.modes), default=0.0)
    try:
        table = f.tabulated(2.0 * highest)
        return windowed(spectrum, 1e-3 * window, 1e-3 * lags, memory=slowest, highest=highest, tol=tol)
    except ArithmeticError as error:
        raise ModelError(
            f"the fluctuations last too long for covariances in windows of {window:g} ms ({error}); take a longer "
            "window, or `spectra`"
        ) from None


def covariances(f: Fluctuations, values: Array, window: float, lags: Array) -> tuple[Array, Array]:
    """Of the activities, coupled (l, m, m) and alone (l, m), in Hz**2, with the white part in the bin of lag zero."""
    m = len(f.names)
    overlap = np.maximum(0.0, 1.0 - np.abs(lags) / window)[:, None] * f.white / (1e-3 * window)
    together = values[:, : m * m].reshape(-1, m, m) + overlap[:, :, None] * np.eye(m)
    return together, values[:, m * m :] + overlap


def pairs(f: Fluctuations, together: Array, alone: Array) -> Array:
    """The mean covariance of two different neurons; nan where there are no two."""
    m = len(f.names)
    share = np.where(np.eye(m) > 0.0, 1.0 - 1.0 / f.sizes, 1.0)
    less = together - alone[..., :, None] * np.eye(m)
    return np.divide(less, share, out=np.full(less.shape, np.nan), where=np.broadcast_to(share > 0.0, less.shape))


def duration(value: Any, what: str) -> float:
    found = internal(value, ms.dimension, what)
    if np.ndim(found) or not (np.isfinite(found) and found > 0.0):
        raise ModelError(f"{what} must be one positive time")
    return float(found)
