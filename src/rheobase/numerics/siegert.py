r"""The Siegert integral, in log form, and the three derivatives of it that a rate needs.

For a membrane that relaxes to ``mu`` in white noise, in the scaled voltage ``y = (V - mu) / sigma``, the mean time from
reset to threshold is ``tau`` times (Siegert 1951; Brunel 2000, eq. 21)

    I(y_r, y_theta) = sqrt(pi) * integral from y_r to y_theta of f(s) ds,     f(s) = exp(s**2) * erfc(-s) = erfcx(-s).

``I`` spans thousands of decades, so everything here is returned as a logarithm or divided by ``exp(max(y_theta,
0)**2)``. Where the usual forms cancel, this is what is used instead:

* below zero ``f`` is a scaled complementary error function whose primitive is ``log1p(x)/sqrt(pi)`` plus a smooth
  positive function, kept as one Chebyshev series in ``(x - 2)/(x + 2)``. Its coefficients are computed on first use
  from `scipy.special.erfcx` by Gauss-Legendre quadrature: no table of numbers is stored.
* above zero ``exp(s**2)`` integrates to Dawson's function, and the rest is the same primitive.
* where a difference would lose digits, the integrand itself is integrated by Gauss-Legendre over the interval.

References
----------
Siegert AJF (1951), On the first passage time probability problem, Phys Rev 81:617.
Brunel N (2000), Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, J Comput
Neurosci 8:183.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray
from scipy.special import dawsn, erfc, erfcx

SQRT_PI = float(np.sqrt(np.pi))
_SCALE = 2.0
_TERMS = 32


def log_siegert(y_r: ArrayLike, y_theta: ArrayLike) -> NDArray[np.float64]:
    r"""Natural logarithm of the Siegert integral ``I(y_r, y_theta)``.

    Parameters
    ----------
    y_r, y_theta : array_like
        Reset and threshold in units of ``sigma`` from ``mu``; they broadcast. Dimensionless.

    Returns
    -------
    ndarray
        ``ln I`` to 1e-12 (absolute, and relative where it is larger than one). ``-inf`` where the bounds are equal,
        ``inf`` where the integral diverges (``y_r = -inf`` or ``y_theta = inf``), ``nan`` where a bound is not a
        number or the threshold lies below the reset. Elements do not affect one another.

    Examples
    --------
    >>> import numpy as np
    >>> r = np.exp(-log_siegert(0.0, 1.0))   # rate of an LIF with y_r = 0, y_theta = 1, in units of 1/tau
    >>> round(float(r), 12)
    0.24766401242
    """
    y_r, y_theta = np.broadcast_arrays(np.asarray(y_r, float), np.asarray(y_theta, float))
    a, b = y_r.ravel(), y_theta.ravel()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = np.log(scaled_siegert(a, b)) + np.square(np.maximum(b, 0.0))
    return out.reshape(y_r.shape)


def scaled_siegert(y_r: NDArray[np.float64], y_theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """``I(y_r, y_theta) * exp(-max(y_theta, 0)**2)`` for two arrays of one shape; limits as in `log_siegert`."""
    return SQRT_PI * _difference(y_r, y_theta, _primitive_difference, f_scaled)


def scaled_slopes(
    y_r: NDArray[np.float64], y_theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""What the derivatives of ``I`` with respect to ``mu`` and ``sigma`` are made of.

    Returns ``sqrt(pi) [f]`` and ``sqrt(pi) [y f]``, where ``[.]`` is the value at ``y_theta`` less the value at
    ``y_r``, both times ``exp(-max(y_theta, 0)**2)``. Then ``dI/dmu = -sqrt(pi) [f] / sigma`` and ``dI/dsigma =
    -sqrt(pi) [y f] / sigma``. ``[y f]`` is evaluated as ``[f'] / 2`` (``f' = 2 y f + 2/sqrt(pi)``), which does not
    cancel far below threshold.
    """
    first = SQRT_PI * _difference(y_r, y_theta, _end_difference(f_scaled), f1_scaled)
    second = SQRT_PI * _difference(y_r, y_theta, _end_difference(f1_scaled), f2_scaled)
    return first, 0.5 * second


def f_scaled(y: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.float64]:
    """``f(y) = erfcx(-y)`` times ``exp(-max(top, 0)**2)``, for ``y <= top``."""
    return np.where(y > 0.0, _gauss(np.maximum(y, 0.0), top) * erfc(-y), erfcx(np.maximum(-y, 0.0)) * _gauss(0.0, top))


def f1_scaled(y: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.float64]:
    """``f'(y)``, scaled as `f_scaled`."""
    above = 2.0 * y * f_scaled(y, top) + 2.0 / SQRT_PI * _gauss(0.0, top)
    return np.where(y > -2.0, above, 2.0 * _repeated(-y, 1) * _gauss(0.0, top))


def f2_scaled(y: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.float64]:
    """``f''(y) = 2 f + 2 y f'``, scaled as `f_scaled`."""
    above = 2.0 * f_scaled(y, top) + 2.0 * y * f1_scaled(y, top)
    return np.where(y > -2.0, above, 8.0 * _repeated(-y, 2) * _gauss(0.0, top))


def _gauss(y: NDArray[np.float64] | float, top: NDArray[np.float64]) -> NDArray[np.float64]:
    """``exp(y**2 - max(top, 0)**2)`` without forming the squares."""
    top = np.maximum(top, 0.0)
    return np.exp((y - top) * (y + top))


def _repeated(x: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """``exp(x**2) i^n erfc(x)`` for n = 1, 2 and x >= 2, by its recurrence's continued fraction: nothing cancels."""
    x = np.maximum(x, 2.0)  # the caller takes the other form below
    ratio = np.zeros_like(x)
    value = erfcx(x)
    for n in range(60, 0, -1):
        ratio = 1.0 / (2.0 * x + 2.0 * (n + 1) * ratio)
        if n <= order:
            value = value * ratio
    return value


def _difference(y_r, y_theta, ends, integrand):
    """``ends(y_r, y_theta)`` where that keeps its digits, else the integral of ``integrand`` by Gauss-Legendre."""
    good = (y_r < y_theta) & np.isfinite(y_r) & np.isfinite(y_theta)
    a, b = np.where(good, y_r, 0.0), np.where(good, y_theta, 1.0)
    narrow = ((b <= 0.0) & (1.0 - a < 2.0 * (1.0 - b))) | ((a >= 0.0) & ((b - a) * (b + a) < 1.0)) | (b - a < 0.5)
    out = np.empty_like(a)
    if not narrow.all():
        out[~narrow] = ends(a[~narrow], b[~narrow])
    if narrow.any():
        out[narrow] = _integral(a[narrow], b[narrow], integrand)
    return np.where(good, out, _limit(y_r, y_theta))


def _limit(y_r, y_theta):
    """What the integral tends to where a bound is infinite, equal to the other, or wrong."""
    diverges = (y_r < y_theta) & ((y_theta == np.inf) | (y_r == -np.inf))
    return np.where(diverges, np.inf, np.where((y_r == y_theta) & np.isfinite(y_r), 0.0, np.nan))


def _integral(a, b, integrand):
    """Gauss-Legendre over ``[a, b]``; ``integrand(y, top)`` is scaled by its value at the top."""
    nodes, weights = legendre(12)
    half, middle = 0.5 * (b - a), 0.5 * (a + b)
    return half * (weights @ integrand(middle + half * nodes[:, None], np.broadcast_to(b, (12, len(b)))))


def _end_difference(function):
    return lambda a, b: function(b, b) - function(a, b)


def _primitive_difference(a, b):
    """``P(b) - P(a)`` times ``exp(-max(b, 0)**2)``, where ``P' = f`` and ``P(0) = 0``.

    Below zero ``P(y) = -E(-y)`` with ``E`` the primitive of erfcx; above, ``P(y) = 2 exp(y**2) dawsn(y) - E(y)``.
    """
    top, low = np.maximum(b, 0.0), np.maximum(a, 0.0)
    above = 2.0 * (dawsn(top) - _gauss(low, top) * dawsn(low))
    return above + _gauss(0.0, top) * (erfcx_primitive(np.abs(a)) - erfcx_primitive(np.abs(b)))


def erfcx_primitive(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of ``erfcx`` from 0 to ``x >= 0``, to full relative precision."""
    t = (x - _SCALE) / (x + _SCALE)
    return np.log1p(x) / SQRT_PI + x / (1.0 + x) * chebyshev.chebval(t, _primitive_series())


@cache
def legendre(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of the Gauss-Legendre rule of ``n`` points on [-1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return np.asarray(nodes, float), np.asarray(weights, float)


@cache
def _primitive_series() -> NDArray[np.float64]:
    """Chebyshev coefficients of ``(integral of erfcx - log1p(x)/sqrt(pi)) * (1 + x)/x`` in ``(x - 2)/(x + 2)``."""
    t = np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    x = np.sort(_SCALE * (1.0 + t) / (1.0 - t))
    nodes, weights = legendre(24)
    edges = np.log1p(np.concatenate([[0.0], x]))
    half, middle = 0.5 * np.diff(edges)[:, None], 0.5 * (edges[1:] + edges[:-1])[:, None]
    s = np.expm1(middle + half * nodes)
    pieces = np.sum(half * weights * ((1.0 + s) * erfcx(s) - 1.0 / SQRT_PI), axis=1)
    values = np.cumsum(pieces) * (1.0 + x) / x
    return np.asarray(chebyshev.chebfit((x - _SCALE) / (x + _SCALE), values, _TERMS - 1), float)
