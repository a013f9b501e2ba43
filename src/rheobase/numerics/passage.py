r"""The second moment of the first-passage time of an Ornstein-Uhlenbeck process.

The variance of the time from reset to threshold is ``2 pi tau**2`` times (Brunel 2000, appendix)

    S(y_r, y_theta) = integral from y_r to y_theta of K(x) dx,
    K(x) = exp(x**2) * integral from -inf to x of exp(y**2) * erfc(-y)**2 dy.

``K`` falls like ``1/(2 pi abs(x)**3)`` far below zero and grows like ``exp(2 x**2)`` above it. Both halves, freed of
that, are smooth functions kept as Chebyshev series in ``(x - 2)/(x + 2)``, whose coefficients are computed on first
use from `scipy.special` by Gauss-Legendre quadrature.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.special import erfc, erfcx

from rheobase.numerics.siegert import legendre

_SCALE = 2.0
_TERMS = 96
_NEGLIGIBLE = 40.0


def scaled_second_moment(y_r: NDArray[np.float64], y_theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """``S(y_r, y_theta) * exp(-2 * max(y_theta, 0)**2)`` for one-dimensional arrays of one length."""
    top = np.maximum(y_theta, 0.0)
    below = _panels(np.log1p(np.maximum(-y_theta, 0.0)), np.log1p(np.maximum(-y_r, 0.0)), 5, _below_in_log)
    low = np.maximum(np.maximum(y_r, 0.0), np.sqrt(np.maximum(top * top - _NEGLIGIBLE, 0.0)))
    above = _panels(low, top, 10, lambda x: _above(x) * np.exp(2.0 * (x - top[:, None]) * (x + top[:, None])))
    return np.exp(-2.0 * top * top) * below + above


def _panels(start, stop, n, integrand):
    """Composite Gauss-Legendre from ``start`` to ``stop``, elementwise; ``integrand`` takes (elements, nodes)."""
    nodes, weights = legendre(16)
    fractions = ((np.arange(n)[:, None] + 0.5 + 0.5 * nodes) / n).ravel()
    width = (stop - start)[:, None]
    return (integrand(start[:, None] + width * fractions) * width) @ np.tile(0.5 * weights / n, n)


def _below_in_log(u):
    """``K(-x) dx/du`` at ``x = expm1(u) >= 0``."""
    x = np.expm1(u)
    return chebyshev.chebval((x - _SCALE) / (x + _SCALE), _below_series()) * np.exp(-2.0 * u)


def _above(x):
    """``K(x) * exp(-2 x**2)`` for ``x >= 0``."""
    return chebyshev.chebval((x - _SCALE) / (x + _SCALE), _above_series()) / (1.0 + x)


@cache
def _below_series() -> NDArray[np.float64]:
    """Coefficients of ``K(-x) (1 + x)**3``; ``K(-x)`` integrates ``exp(-s**2 - 2 x s) erfcx(x + s)**2``, s > 0."""
    x = _points()
    reach = (6.5 / (1.0 + x / 3.0))[:, None]
    s = reach * _fractions()[0]
    inner = np.exp(-s * s - 2.0 * x[:, None] * s) * erfcx(x[:, None] + s) ** 2
    return _fit((inner @ _fractions()[1]) * reach[:, 0] * (1.0 + x) ** 3)


@cache
def _above_series() -> NDArray[np.float64]:
    """Coefficients of ``K(x) * exp(-2 x**2) * (1 + x)``: the part below zero decays, the part above is local."""
    x = _points()
    reach = (x - np.sqrt(np.maximum(x * x - _NEGLIGIBLE, 0.0)))[:, None]
    s = reach * _fractions()[0]
    inner = np.exp(-s * (2.0 * x[:, None] - s)) * erfc(s - x[:, None]) ** 2
    at_zero = chebyshev.chebval(-1.0, _below_series())
    return _fit(((inner @ _fractions()[1]) * reach[:, 0] + at_zero * np.exp(-x * x)) * (1.0 + x))


def _fractions():
    """Nodes and weights on [0, 1]: 8 panels of 24 points."""
    nodes, weights = legendre(24)
    return ((np.arange(8)[:, None] + 0.5 + 0.5 * nodes) / 8.0).ravel(), np.tile(weights / 16.0, 8)


def _points():
    t = np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    return _SCALE * (1.0 + t) / (1.0 - t)


def _fit(values):
    x = _points()
    return chebyshev.chebfit((x - _SCALE) / (x + _SCALE), values, _TERMS - 1)
