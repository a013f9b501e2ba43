r"""Covariances of what two processes do in windows, from their cross-spectrum.

The counts of two processes in windows of width ``w``, the first ``lag`` later than the second, per squared width:

    c(lag) = int C(f) sinc(f w)**2 exp(2 pi i f lag) df,      C(-f) = conj(C(f)).

The trapezoidal rule on a regular grid is exact up to what the covariance has left at lags of the inverse step, so the
step is halved until nothing changes. A spectrum may go on at high frequency (echoes that come after fixed delays): it
is faded out between ``F/2`` and ``F``, and for the rest stands the mean of ``C(f) exp(2 pi i f lag)`` there, times what
the window leaves of that, with ``sinc(x)**2 = (1 - cos(2 pi x))/(2 pi**2 x**2)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Spectrum = Callable[[Array], Complex]

_BLOCK = 2048
_LOWEST = 2.0  # where the integral may end, in inverse widths
_MOST = 1 << 18


@dataclass(frozen=True)
class Windowed:
    """Covariances, shape (lags, k), and an estimate of their largest error."""

    values: Array
    error: float


def windowed(spectrum: Spectrum, width: float, lags: Array, *, memory: float, highest: float, tol: float) -> Windowed:
    """Covariances in windows, without what is white.

    Parameters
    ----------
    spectrum
        Cross-spectra at frequencies that are not negative, shape (f, k). What they tend to at high frequency is to be
        taken off by the caller, and its share of the covariances added.
    width, lags, memory
        Of the windows, between them, and how long a fluctuation lasts: the first grid resolves that. In the inverse
        unit of the frequencies.
    highest
        Frequency above which the spectrum is not asked for; what that costs is in the error.
    tol
        Error allowed in the integral up to there.

    Raises
    ------
    ArithmeticError
        If 260,000 frequencies do not give the values to ``tol``.
    """
    step = 1.0 / (4.0 * max(width + float(np.max(np.abs(lags))), memory))
    top, left = _reach(spectrum, width, highest, tol)
    intervals = int(np.ceil(top / step))
    faded = _Faded(spectrum, width, lags, top)
    total = step * (0.5 * faded.sum(np.zeros(1)) + faded.sum(step * np.arange(1, intervals)))
    tail = faded.tail()
    while True:
        between = step * faded.sum(step * (np.arange(intervals) + 0.5))
        change = float(np.max(np.abs(between - total), initial=0.0)) / 2.0
        total, step, intervals = (total + between) / 2.0, step / 2.0, 2 * intervals
        if change <= tol:
            return Windowed(total + tail, change + left)
        if not np.isfinite(change) or intervals > _MOST:
            raise ArithmeticError(f"{intervals} frequencies leave an error of {change:.2g}")


@dataclass(frozen=True)
class _Faded:
    """The integrand, faded out towards its highest frequency, and what is beyond."""

    spectrum: Spectrum
    width: float
    lags: Array
    top: float

    def sum(self, frequency: NDArray[np.floating]) -> Array:
        """Both signs of the frequency: ``2 Re sum C sinc**2 exp(2 pi i f lag)``, shape (lags, k)."""
        total = 0.0
        for first in range(0, frequency.size, _BLOCK):
            f = np.asarray(frequency[first : first + _BLOCK], float)
            weight = np.sinc(f * self.width) ** 2 * _fade(f / self.top)
            turned = np.exp(2j * np.pi * np.outer(self.lags, f)) * weight
            total = total + 2.0 * np.real(turned @ self.spectrum(f))
        return np.asarray(total, float)

    def tail(self) -> Array:
        """What is beyond, from the mean of the upper half of what is not."""
        u = np.asarray((np.arange(_BLOCK) + 0.5) / (2.0 * _BLOCK) + 0.5, float)
        weight, rest = np.sin(2.0 * np.pi * u) ** 2, 1.0 + float(np.mean((1.0 - _fade(u)) / u**2)) / 2.0
        values, f = self.spectrum(u * self.top), u * self.top

        def mean(shift: float) -> Array:
            turned = np.exp(2j * np.pi * np.outer(self.lags + shift, f)) * weight
            return np.real(turned @ values) / np.sum(weight)

        kept = mean(0.0) - 0.5 * (mean(self.width) + mean(-self.width))
        return rest * kept / (np.pi**2 * self.width**2 * self.top)


def _fade(u: Array) -> Array:
    """1 below a half, 0 from 1 on, smooth between them."""
    return np.where(u <= 0.5, 1.0, np.where(u < 1.0, np.sin(np.pi * u) ** 2, 0.0))


def _reach(spectrum: Spectrum, width: float, highest: float, tol: float) -> tuple[float, float]:
    """The highest frequency: where the rest of the spectrum no longer matters, if that comes; and what may be amiss."""
    reach = _LOWEST
    while True:
        near = np.linspace(0.5, 1.0, 64) * reach / width
        left = float(np.max(np.abs(spectrum(near)), initial=0.0)) / (np.pi**2 * width * reach)
        if left <= tol or reach >= highest * width:
            return reach / width, 0.5 * left
        reach *= 2.0
