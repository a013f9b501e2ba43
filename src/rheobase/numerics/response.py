r"""Linear response of a leaky integrate-and-fire neuron in white noise, analytic in the complex frequency.

In the scaled voltage ``y = (V - mu) / sigma`` and with ``lam = s tau`` for a perturbation ``exp(s t)``, everything
follows from the solution of ``u''/2 - y u' - lam u = 0`` that stays bounded as ``y -> -inf`` (a Hermite function of
degree ``-lam``; in other words a parabolic cylinder or Kummer function): Brunel & Hakim (1999), Lindner &
Schimansky-Geier (2001).

The solution is the growing one everywhere, so it is carried upwards in ``y``, which is stable for every ``lam`` off the
negative real axis (the idea of threshold integration, Richardson 2007):

* below ``y = -2`` its logarithmic derivative is a continued fraction, integrated by Gauss-Legendre in ``log(-y)``;
* above, its Taylor series (an entire function, two-term recurrence) carries value and slope from point to point.

What is carried is ``p = u'/lam`` and ``q = (u - u(y_r))/lam``, which keep all digits as ``lam -> 0``.

References
----------
Brunel N, Hakim V (1999), Fast global oscillations in networks of integrate-and-fire neurons with low firing rates,
Neural Comput 11:1621.
Lindner B, Schimansky-Geier L (2001), Transmission of noise coded versus additive signals through a neuronal ensemble,
Phys Rev Lett 86:2934.
Richardson MJE (2007), Firing-rate response of linear and nonlinear integrate-and-fire neurons to modulated
current-based and conductance-based synaptic drive, Phys Rev E 76:021919.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.quadrature import legendre

_START = -2.0
_STEP = 0.6
_LARGEST_EXPONENT = 8.0  # the solution's logarithm changes by less over a Taylor step
_MAX_TERMS = 80

Complex = NDArray[np.complex128]
State = tuple[Complex, Complex, Complex, tuple[Complex, Complex]]


@dataclass(frozen=True)
class Solution:
    """The bounded solution at reset and threshold, up to one common factor (which is analytic in ``lam``).

    ``reset`` is ``u(y_r)``; ``rise`` is ``(u(y_theta) - u(y_r))/lam``; ``slope`` and ``curvature`` are the same
    differences of ``u'/lam`` and ``u''/lam``.
    """

    reset: Complex
    rise: Complex
    slope: Complex
    curvature: Complex


def solve(lam: Complex, y_r: float, y_theta: float) -> Solution:
    """The bounded solution for an array of ``lam`` and one pair of bounds ``y_r < y_theta``."""
    lam = np.asarray(lam, complex)
    start = min(y_r, _START)
    ratio = 2.0 * _continued_fraction(lam, -start)
    if y_r < _START:
        stop = min(y_theta, _START)
        growth = _log_growth(lam, -y_r, -stop)
        q = growth * _expm1_over(lam * growth)
        reset = (np.ones_like(lam), ratio)
        u = np.asarray(np.exp(lam * growth), complex)
        p = 2.0 * _continued_fraction(lam, -stop) * u
        state = _rescaled(u, p, q, reset)
    else:
        stop = y_r
        one, zero = np.ones_like(lam), np.zeros_like(lam)
        u, p, _, _ = _march(lam, start, y_r, (one, ratio, zero, (one, ratio)))
        state = (u, p, zero, (u, p))
    u, p, q, reset = _march(lam, stop, y_theta, state)
    curvature = 2.0 * (y_theta * p + u - y_r * reset[1] - reset[0])
    return Solution(reset[0], q, p - reset[1], curvature)


def _march(lam: Complex, start: float, stop: float, state: State) -> State:
    """Carry ``(u, p, q, (u, p) at reset)`` from ``start`` to ``stop`` by Taylor steps."""
    fastest = max(2.0 * abs(start), 2.0 * abs(stop), float(np.sqrt(2.0 * np.max(np.abs(lam), initial=0.0))))
    n = max(0, int(np.ceil((stop - start) * max(1.0 / _STEP, fastest / _LARGEST_EXPONENT))))
    y = np.linspace(start, stop, n + 1)
    for left, right in pairwise(y):
        u, p, q, reset = state
        rise, slope = _taylor(lam, left, right - left, u, p)
        state = _rescaled(u + lam * rise, p + slope, q + rise, reset)
    return state


def _taylor(lam, y, h, u, p):
    """Increase of ``u/lam`` and of ``u'/lam`` over one step ``h``.

    With ``u = sum c_k h**k`` and ``c_k = lam e_k`` for k > 0 the equation gives
    ``(k + 2)(k + 1) c_{k+2} = 2 y (k + 1) c_{k+1} + 2 (k + lam) c_k``.
    """
    before, last = p * h, (y * p + u) * h * h
    rise, slope = before + last, 2.0 * last
    for k in range(1, _MAX_TERMS):
        before, last = last, (2.0 * y * h / (k + 2)) * last + (2.0 * h * h / ((k + 1) * (k + 2))) * (k + lam) * before
        rise = rise + last
        slope = slope + (k + 2) * last
        if k % 8 == 0 and np.all(np.abs(last) + np.abs(before) <= 1e-18 * (np.abs(rise) + np.abs(u))):
            break
    return rise, slope / h


def _rescaled(u: Complex, p: Complex, q: Complex, reset: tuple[Complex, Complex]) -> State:
    """Divide by the size of the solution, which grows like ``exp(y**2)``."""
    size = np.maximum(np.abs(u), np.abs(p))
    return u / size, p / size, q / size, (reset[0] / size, reset[1] / size)


def _continued_fraction(lam: Complex, x: NDArray[np.float64] | float, terms: int = 120) -> Complex:
    """``u'/(2 lam u)`` at ``y = -x``, ``x >= 2``: ratio of two Hermite functions by their recurrence, from above."""
    ratio = np.zeros(np.broadcast_shapes(np.shape(lam), np.shape(x)), complex)
    for k in range(terms, -1, -1):
        ratio = 0.5 / (x + (lam + k + 1) * ratio)
    return ratio


def _log_growth(lam, x_from, x_to):
    """``log(u(-x_to)/u(-x_from))/lam``, ``x_from > x_to >= 2``: integral of the continued fraction over ``log x``."""
    nodes, weights = legendre(12)
    edges = np.linspace(np.log(x_to), np.log(x_from), 1 + max(1, int(np.ceil(np.log(x_from / x_to) / 0.4))))
    total = np.zeros_like(lam)
    for left, right in pairwise(edges):
        x = np.exp(0.5 * (left + right) + 0.5 * (right - left) * nodes)
        terms = int(120 * min(1.0, 4.0 / x[0] ** 2)) + 30
        values = _continued_fraction(lam[..., None], x, terms)
        total = total + values @ (weights * x * (right - left))
    return total


def _expm1_over(z):
    """``(exp(z) - 1)/z``, one at ``z = 0``."""
    small = np.abs(z) < 1e-200
    return np.where(small, 1.0, np.expm1(z) / np.where(small, 1.0, z))
