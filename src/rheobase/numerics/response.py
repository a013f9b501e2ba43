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

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.quadrature import legendre

_START = -2.0
_STEP = 0.6
_LARGEST_EXPONENT = 8.0  # the solution's logarithm changes by less over a Taylor step
_MAX_TERMS = 80
_TERMS = 120  # of the continued fraction

Complex = NDArray[np.complex128]


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
    flat = np.ascontiguousarray(lam.ravel())
    out = np.empty((4, flat.size), complex)
    nodes, weights = legendre(12)
    _solve(flat, float(y_r), float(y_theta), nodes, weights, out)
    reset, rise, slope, curvature = out.reshape(4, *lam.shape)
    return Solution(reset, rise, slope, curvature)


@kernel
def _solve(lam, y_r, y_theta, nodes, weights, out):
    for i in range(lam.size):
        out[0, i], out[1, i], out[2, i], out[3, i] = _solve_one(lam[i], y_r, y_theta, nodes, weights)


@kernel
def _solve_one(lam, y_r, y_theta, nodes, weights):
    """``reset``, ``rise``, ``slope`` and ``curvature`` of `Solution`."""
    start = min(y_r, _START)
    u, p, q = 1.0 + 0.0j, 2.0 * _continued_fraction(lam, -start, _TERMS), 0.0j
    reset_u, reset_p = u, p
    if y_r < _START:
        stop = min(y_theta, _START)
        growth = _log_growth(lam, -y_r, -stop, nodes, weights)
        q = growth * _expm1_over(lam * growth)
        u = np.exp(lam * growth)
        p = 2.0 * _continued_fraction(lam, -stop, _TERMS) * u
        scale = 1.0 / max(abs(u), abs(p))
        u, p, q, reset_u, reset_p = u * scale, p * scale, q * scale, reset_u * scale, reset_p * scale
    else:
        stop = y_r
        u, p, q, reset_u, reset_p = _march(lam, start, y_r, u, p, q, u, p)
        q, reset_u, reset_p = 0.0j, u, p
    u, p, q, reset_u, reset_p = _march(lam, stop, y_theta, u, p, q, reset_u, reset_p)
    return reset_u, q, p - reset_p, 2.0 * (y_theta * p + u - y_r * reset_p - reset_u)


@kernel
def _march(lam, start, stop, u, p, q, reset_u, reset_p):
    """Carry ``u, p, q`` from ``start`` to ``stop`` by Taylor steps, divided by the solution's size (``exp(y**2)``)."""
    fastest = max(2.0 * abs(start), 2.0 * abs(stop), math.sqrt(2.0 * abs(lam)))
    n = max(0, math.ceil((stop - start) * max(1.0 / _STEP, fastest / _LARGEST_EXPONENT)))
    for k in range(n):
        h = (stop - start) / n
        rise, slope = _taylor(lam, start + k * h, h, u, p)
        u, p, q = u + lam * rise, p + slope, q + rise
        scale = 1.0 / max(abs(u), abs(p))
        u, p, q, reset_u, reset_p = u * scale, p * scale, q * scale, reset_u * scale, reset_p * scale
    return u, p, q, reset_u, reset_p


@kernel
def _taylor(lam, y, h, u, p):
    """Increase of ``u/lam`` and of ``u'/lam`` over one step ``h``.

    With ``u = sum c_k h**k`` and ``c_k = lam e_k`` for k > 0 the equation gives
    ``(k + 2)(k + 1) c_{k+2} = 2 y (k + 1) c_{k+1} + 2 (k + lam) c_k``.
    """
    before, last = p * h, (y * p + u) * h * h
    rise, slope = before + last, 2.0 * last
    for k in range(1, _MAX_TERMS):
        second = 2.0 * h * h / ((k + 1) * (k + 2))
        before, last = last, (2.0 * y * h / (k + 2)) * last + (second * k + second * lam) * before
        rise += last
        slope += (k + 2) * last
        if k % 4 == 0 and abs(last) + abs(before) <= 1e-18 * (abs(rise) + abs(u)):
            break
    return rise, slope / h


@kernel
def _continued_fraction(lam, x, terms):
    """``u'/(2 lam u)`` at ``y = -x``, ``x >= 2``: ratio of two Hermite functions by their recurrence, from above."""
    ratio = 0.0j
    for k in range(terms, -1, -1):
        below = x + (lam + (k + 1)) * ratio
        ratio = np.conj(below) * (0.5 / (below.real * below.real + below.imag * below.imag))
    return ratio


@kernel
def _log_growth(lam, x_from, x_to, nodes, weights):
    """``log(u(-x_to)/u(-x_from))/lam``, ``x_from > x_to >= 2``: integral of the continued fraction over ``log x``."""
    panels = max(1, math.ceil(math.log(x_from / x_to) / 0.4))
    width, total = math.log(x_from / x_to) / panels, 0.0j
    for k in range(panels):
        left = math.log(x_to) + k * width
        first = math.exp(left + 0.5 * width * (1.0 + nodes[0]))
        terms = int(_TERMS * min(1.0, 4.0 / first**2)) + 30
        for node, weight in zip(nodes, weights):  # noqa: B905
            x = math.exp(left + 0.5 * width * (1.0 + node))
            total += _continued_fraction(lam, x, terms) * (weight * x * width)
    return total


@kernel
def _expm1_over(z):
    """``(exp(z) - 1)/z``, one at ``z = 0``: ``1 - cos`` as ``2 sin**2``, so that no digits are lost near zero."""
    if abs(z) < 1e-200:
        return 1.0 + 0.0j
    half, full = math.sin(0.5 * z.imag), math.exp(z.real)
    return complex(math.expm1(z.real) - 2.0 * full * half * half, full * math.sin(z.imag)) / z
